import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
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
  suspend(): Promise<void>;
  resume(): void;
}

let started = 0;

/**
 * Starts a nameserver on a loopback address. The kernel gives no port that is free for UDP and TCP and stays so, hence an address of this
 * process's own (a process id has 22 bits) and ports in turn. The caller disposes of it.
 */
export async function startNameserver(family: IpAddress['family'] = 'ipv4'): Promise<Nameserver> {
  started += 1;
  const { pid } = process;
  const isIpv4 = family === 'ipv4';
  const address = fromOctets(isIpv4 ? [127, 128 + (pid >> 16), (pid >> 8) & 255, pid & 255] : [...new Array(15).fill(0), 1]);
  const port = isIpv4 ? 5_300 + started : 10_000 + (pid % 20_000);
  const folder = await mkdtemp(join(tmpdir(), 'knot-'));
  await mkdir(join(folder, 'db'));
  const configFile = join(folder, 'knot.conf');
  let serial = 0;
  let server: ChildProcess | undefined;

  const control = (...words: readonly string[]) => runProgram('knotc', ['-t', '20', '-s', join(folder, 'control'), ...words]);
  const trigger = async (...words: readonly string[]) => {
    const { code, stderr } = await control(...words);
    if (code !== 0) throw new Error(`knotc ${words.join(' ')}: ${stderr}`);
  };
  // Not `knotc -b`: it has waited forever for a zone that was loading anyway.
  const settled = async (words: readonly string[], holds: (stdout: string) => boolean) => {
    for (const deadline = Date.now() + 20_000; ; await pause(5)) {
      const { stdout, stderr } = await control(...words);
      if (holds(stdout)) return;
      if (Date.now() > deadline) throw new Error(`knotc ${words.join(' ')}: ${stdout}${stderr}`);
    }
  };
  const isLoaded = () => settled(['zone-read', zone, '@', 'SOA'], (stdout) => stdout.includes(` ${serial} `));
  const nameserver: Nameserver = {
    address,
    port,
    async setRecords(records) {
      serial += 1;
      const head = [`$ORIGIN ${zone}.`, `@ 60 SOA ns admin ${serial} 60 60 60 1`, '@ 60 NS ns', 'ns 60 A 127.0.0.1'];
      await writeFile(join(folder, `${zone}.zone`), `${[...head, ...records].join('\n')}\n`);
      if (server === undefined) return;
      await trigger('zone-reload', zone);
      await isLoaded();
    },
    async setFailing(names) {
      // A zone of its own without a file: that is what a name server cannot tell anything about.
      const zones = [zone, ...names.map((name) => `${name}.${zone}`)];
      await writeFile(configFile, config(folder, address, port, zones));
      if (server === undefined) return;
      await trigger('reload');
      await settled(['zone-status'], (stdout) => stdout.split('\n').filter((line) => line.startsWith('[')).length === zones.length);
    },
    async start() {
      // It ends with this process, even where that is killed outside a sandbox.
      server = spawn('setpriv', ['--pdeathsig', 'KILL', '/usr/sbin/knotd', '-c', configFile], { stdio: 'ignore' });
      await isLoaded();
    },
    async stop() {
      const ended = server && once(server, 'exit');
      server?.kill('SIGKILL');
      server = undefined;
      await ended;
    },
    async suspend() {
      server?.kill('SIGSTOP');
      // The signal stops one thread after the other.
      while (!(await isStopped(server?.pid))) await pause(1);
    },
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

async function isStopped(pid: number | undefined): Promise<boolean> {
  const threads = await readdir(`/proc/${pid}/task`);
  const states = await Promise.all(threads.map((thread) => readFile(`/proc/${pid}/task/${thread}/status`, 'utf8')));
  return states.every((state) => state.includes('State:\tT'));
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
