import { type ChildProcess, spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fromOctets, type IpAddress } from '../../src/net/ip-address.ts';
import { runProgram } from '../../src/net/run.ts';

/** The zone that every test nameserver holds; names in records are relative to it. */
export const zone = 'example.test';

/** Knot DNS on a loopback address, with a zone that the test changes. Changes are in effect when their promise resolves. */
export interface Nameserver extends AsyncDisposable {
  readonly address: IpAddress;
  readonly port: number;
  /** Replaces all records, written as in a zone file: `db 1 A 192.0.2.1`. Any other name of the zone does not exist. */
  setRecords(records: readonly string[]): Promise<void>;
  /** Replaces the names that are answered with SERVFAIL. */
  setFailing(names: readonly string[]): Promise<void>;
  /** Ends the process: queries are refused by the kernel, at once. */
  stop(): Promise<void>;
  start(): Promise<void>;
  /** Freezes the process: queries are taken and never answered. */
  suspend(): void;
  resume(): void;
}

/** Starts a nameserver on 127.0.0.1 or ::1 and a free port. The caller disposes of it. */
export async function startNameserver(family: IpAddress['family'] = 'ipv4'): Promise<Nameserver> {
  const address = fromOctets(family === 'ipv4' ? [127, 0, 0, 1] : [...new Array(15).fill(0), 1]);
  const port = await freePort(address);
  const folder = await mkdtemp(join(tmpdir(), 'knot-'));
  await mkdir(join(folder, 'db'));
  const configFile = join(folder, 'knot.conf');
  let serial = 0;
  let server: ChildProcess | undefined;

  const control = async (...words: readonly string[]) => {
    const { code, stderr } = await runProgram('knotc', ['-b', '-s', join(folder, 'control'), ...words]);
    if (code !== 0) throw new Error(`knotc ${words.join(' ')}: ${stderr}`);
  };
  const nameserver: Nameserver = {
    address,
    port,
    async setRecords(records) {
      serial += 1;
      const head = [`$ORIGIN ${zone}.`, `@ 60 SOA ns admin ${serial} 60 60 60 1`, '@ 60 NS ns', `ns 60 A 127.0.0.1`];
      await writeFile(join(folder, `${zone}.zone`), `${[...head, ...records].join('\n')}\n`);
      if (server !== undefined) await control('zone-reload', zone);
    },
    async setFailing(names) {
      // A zone of its own without a file: that is what a name server cannot tell anything about.
      await writeFile(configFile, config(folder, address, port, [zone, ...names.map((name) => `${name}.${zone}`)]));
      if (server !== undefined) await control('reload');
    },
    async start() {
      server = spawn('/usr/sbin/knotd', ['-c', configFile], { stdio: ['ignore', 'pipe', 'inherit'] });
      for await (const line of createInterface({ input: server.stdout ?? process.stdin })) {
        if (line.includes('server started')) break;
      }
    },
    async stop() {
      const ended = server && once(server, 'exit');
      server?.kill('SIGKILL');
      server = undefined;
      await ended;
    },
    suspend: () => server?.kill('SIGSTOP'),
    resume: () => server?.kill('SIGCONT'),
    async [Symbol.asyncDispose]() {
      await nameserver.stop();
      await rm(folder, { recursive: true });
    },
  };
  await nameserver.setRecords([]);
  await nameserver.setFailing([]);
  await nameserver.start();
  return nameserver;
}

function config(folder: string, address: IpAddress, port: number, zones: readonly string[]): string {
  return `server:
  rundir: ${folder}
  listen: ${address.text}@${port}
database:
  storage: ${folder}/db
control:
  listen: ${folder}/control
log:
  - target: stdout
    any: info
template:
  - id: default
    storage: ${folder}
    file: "%s.zone"
    zonefile-sync: -1
    journal-content: none
zone:
${zones.map((name) => `  - domain: ${name}\n`).join('')}`;
}

async function freePort(address: IpAddress): Promise<number> {
  const socket = createSocket(address.family === 'ipv4' ? 'udp4' : 'udp6');
  socket.bind(0, address.text);
  await once(socket, 'listening');
  const { port } = socket.address();
  socket.close();
  return port;
}
