import { mkdir, writeFile } from 'node:fs/promises';
import type { Host } from './host.ts';
import type { HostProcess } from './host-process.ts';
import type { Lab } from './lab.ts';

/** A record of the zone. The name is absolute, with or without the last dot. */
export interface DnsRecord {
  readonly name: string;
  readonly type: 'A' | 'AAAA' | 'CNAME';
  /** An address, or the name that a CNAME points to. */
  readonly data: string;
  /** Seconds; default 1. */
  readonly ttl?: number;
}

/** What the nameserver knows. */
export interface Zone {
  readonly records: readonly DnsRecord[];
  /** Names, with everything below them, that are answered with SERVFAIL. */
  readonly failing?: readonly string[];
}

/** The cluster's nameserver: Knot DNS, with authority over the root, so that any name can be given and all others are NXDOMAIN. */
export class Nameserver {
  readonly #process: HostProcess;
  readonly #folder: string;
  readonly #control: (command: string[]) => Promise<unknown>;
  #serial = 1;

  constructor(process: HostProcess, folder: string, control: (command: string[]) => Promise<unknown>) {
    this.#process = process;
    this.#folder = folder;
    this.#control = control;
  }

  /** Replaces the zone; every query after it resolves gets the new answers. One call at a time. */
  async setZone({ records, failing = [] }: Zone): Promise<void> {
    this.#serial += 1;
    await writeFile(`${this.#folder}/zone`, formatZone(this.#serial, records));
    await writeFile(`${this.#folder}/knot.conf`, formatConfiguration(this.#folder, failing));
    await this.#control(['reload']);
    await this.#control(['zone-reload', '.']);
  }

  /** Stops answering: queries time out. */
  pause(): void {
    this.#process.kill('SIGSTOP');
  }

  /** Answers again, the queries that came meanwhile included. */
  resume(): void {
    this.#process.kill('SIGCONT');
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#process[Symbol.asyncDispose]();
  }
}

/** Starts the nameserver on the lab's host `dns`; resolves once it answers. It ends with the lab. */
export async function startNameserver(lab: Lab, zone: Zone = { records: [] }): Promise<Nameserver> {
  return lab.attach(await startNameserverOn(lab.host('dns'), `${lab.folder}/knot`, zone));
}

/** The same on any host, with its files in `folder`, which it makes. The caller disposes of it and removes the folder. */
export async function startNameserverOn(host: Host, folder: string, zone: Zone): Promise<Nameserver> {
  await mkdir(folder);
  await writeFile(`${folder}/zone`, formatZone(1, []));
  await writeFile(`${folder}/knot.conf`, formatConfiguration(folder, []));
  const knotd = await host.spawn('knotd', ['--config', `${folder}/knot.conf`]);
  // -b: the command returns when its effect is there.
  const knotc = (command: string[]) => ['-b', '-c', `${folder}/knot.conf`, ...command] as const;
  await knotd.line('control, binding');
  // That line comes just before the control socket.
  while (knotd.isRunning && (await host.run('knotc', knotc(['status']))).code !== 0);
  const nameserver = new Nameserver(knotd, folder, (command) => host.output('knotc', knotc(command)));
  await nameserver.setZone(zone);
  return nameserver;
}

function formatZone(serial: number, records: readonly DnsRecord[]): string {
  // The last number is how long a negative answer may be kept.
  const head = [`. 1 SOA ns. hostmaster. ${serial} 3600 600 86400 1`, '. 1 NS ns.', 'ns. 1 A 127.0.0.1'];
  const line = ({ name, type, data, ttl = 1 }: DnsRecord) => `${absolute(name)} ${ttl} ${type} ${type === 'CNAME' ? absolute(data) : data}`;
  return `${[...head, ...records.map(line)].join('\n')}\n`;
}

/** A zone without its file is what Knot answers with SERVFAIL. */
function formatConfiguration(folder: string, failing: readonly string[]): string {
  const zones = [['.', 'zone'], ...failing.map((name) => [absolute(name), 'absent'])];
  return `
server:
  rundir: ${folder}
  listen: [ 0.0.0.0@53, ::@53 ]
  udp-workers: 1
  tcp-workers: 1
  background-workers: 1
control:
  listen: ${folder}/knot.sock
database:
  storage: ${folder}
log:
  - target: stdout
    any: info
template:
  - id: default
    storage: ${folder}
    journal-content: none
    semantic-checks: off
zone:
${zones.map(([domain, file]) => `  - domain: ${domain}\n    file: ${folder}/${file}\n`).join('')}`;
}

function absolute(name: string): string {
  return name.endsWith('.') ? name : `${name}.`;
}
