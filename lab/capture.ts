import { type ChildProcess, spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { Condition } from './condition.ts';
import type { Host } from './host.ts';
import { bareEnvironment } from './host-process.ts';
import { markerEtherType, type Packet, parsePacket } from './packet.ts';
import { createPcapReader, type Frame } from './pcap.ts';

/** Which frames of an interface to watch. */
export interface CaptureOptions {
  readonly iface: string;
  /** A pcap filter; default everything. */
  readonly filter?: string;
}

/** A packet, when and where it was seen. */
export interface CapturedPacket extends Packet {
  /** Milliseconds since 1970. */
  readonly time: number;
  readonly host: string;
  readonly iface: string;
  /** Bytes on the wire, Ethernet header included; more than the MTU where the sender leaves it to the card to cut. */
  readonly length: number;
  /** Whether the interface's own MAC sent it: with a veth, whether it goes out. */
  readonly isOwn: boolean;
}

// Bridges never forward frames to this address (802.1D, nearest bridge): a marker stays on its own link.
const markerMac = Buffer.from('0180c200000e', 'hex');

// Milliseconds for tcpdump to start or to show a marker: much more than it takes, for the machine may run all tests at once.
const patience = 30_000;

// tcpdump insists on setgroups(), which a user namespace without privileges refuses for good: strace answers in the kernel's place.
const allowSetgroups = [
  'strace',
  '-f',
  '-qq',
  '--seccomp-bpf',
  '-e',
  'trace=setgroups',
  '-e',
  'inject=setgroups:retval=0',
  '-o',
  '/dev/null',
];

async function isSetgroupsDenied(): Promise<boolean> {
  return (await readFile('/proc/self/setgroups', 'utf8')).startsWith('deny');
}

/** Watches one interface, which must be up, from the moment it resolves. The caller disposes of it, or stops it. */
export async function capture(host: Host, options: CaptureOptions): Promise<Capture> {
  const { iface, filter } = options;
  const tcpdumpWords = [
    // The ring is as many frames of the snapshot length as its KiB hold: 8000. With the default length it is eight.
    ...['tcpdump', '-i', iface, '-n', '-U', '--immediate-mode', '-s', '2048', '-B', '16384', '-Z', 'root', '-w', '-'],
    ...(filter === undefined ? [] : [`ether proto ${markerEtherType} or (${filter})`]),
  ];
  const [command = '', ...commandArgs] = (await isSetgroupsDenied()) ? [...allowSetgroups, ...tcpdumpWords] : tcpdumpWords;
  const [program = '', ...args] = host.words(command, commandArgs);
  const mac = await host.mac(iface);
  const tcpdump = spawn(program, args, { env: bareEnvironment(), detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  const watching = new Capture(host, iface, mac, tcpdump);
  try {
    await watching.ready;
  } catch (error) {
    await watching[Symbol.asyncDispose]();
    throw error;
  }
  return watching;
}

/** A running capture: tcpdump on one interface of one host. */
export class Capture {
  /** Rejects when tcpdump cannot watch the interface. */
  readonly ready: Promise<void>;
  readonly #packets: CapturedPacket[] = [];
  readonly #markers = new Set<string>();
  readonly #host: Host;
  readonly #iface: string;
  readonly #mac: string;
  readonly #tcpdump: ChildProcess;
  readonly #exit: Promise<void>;
  readonly #condition = new Condition();
  #messages = '';
  #ended = false;

  constructor(host: Host, iface: string, mac: string, tcpdump: ChildProcess) {
    this.#host = host;
    this.#iface = iface;
    this.#mac = mac;
    this.#tcpdump = tcpdump;
    this.#exit = new Promise((resolve) => tcpdump.once('close', () => resolve()));
    this.#exit.then(() => {
      this.#ended = true;
      this.#condition.changed();
    });
    tcpdump.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#messages += text;
      this.#condition.changed();
    });
    const read = createPcapReader();
    tcpdump.stdout?.on('data', (chunk: Buffer) => {
      for (const frame of read(chunk)) this.#take(frame);
      this.#condition.changed();
    });
    this.ready = this.#until(() => this.#messages.includes('listening on') || undefined, patience, 'tcpdump did not start').then(() => {});
  }

  /** Everything seen until now, oldest first. */
  get packets(): readonly CapturedPacket[] {
    return this.#packets;
  }

  /** The first packet, past or future, that satisfies `matches`. @throws Error after `timeout` milliseconds. */
  until(matches: (packet: CapturedPacket) => boolean, timeout = 5_000): Promise<CapturedPacket> {
    return this.#until(() => this.#packets.find(matches), timeout, `no such packet among ${this.#packets.length}`);
  }

  /**
   * Resolves once everything that passed the interface before the call is in `packets`: a marker is sent after it and awaited.
   * An interface that is down or gone passes nothing and needs no marker.
   */
  async flush(): Promise<void> {
    const id = crypto.randomUUID();
    const frame = Buffer.concat([markerMac, Buffer.alloc(6), Buffer.from([markerEtherType >> 8, markerEtherType & 0xff]), Buffer.from(id)]);
    const { code, stderr } = await this.#host.run('socat', ['-u', '-', `INTERFACE:${this.#iface}`], { input: frame });
    if (code === 0) await this.#until(() => this.#markers.has(id) || undefined, patience, 'the marker of flush() did not arrive');
    else if (!/Network is down|No such device/.test(stderr)) throw this.#failure(stderr);
  }

  /** Flushes, ends, and returns all packets. @throws Error when packets were lost. */
  async stop(): Promise<readonly CapturedPacket[]> {
    await this.flush();
    this.#kill('SIGINT');
    await this.#exit;
    if (!/^0 packets dropped by kernel/m.test(this.#messages)) throw this.#failure('packets were lost');
    return this.#packets;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#kill('SIGKILL');
    await this.#exit;
  }

  /** The whole group: strace does not take tcpdump with it. */
  #kill(signal: NodeJS.Signals): void {
    if (!this.#ended && this.#tcpdump.pid !== undefined) process.kill(-this.#tcpdump.pid, signal);
  }

  #take({ time, bytes, length }: Frame): void {
    if (bytes.readUInt16BE(12) === markerEtherType) {
      this.#markers.add(bytes.toString('latin1', 14));
      return;
    }
    const packet = parsePacket(bytes);
    this.#packets.push({ ...packet, time, length, host: this.#host.name, iface: this.#iface, isOwn: packet.srcMac === this.#mac });
  }

  #until<Value>(find: () => Value | undefined, timeout: number, failure: string): Promise<Value> {
    const look = () => {
      const value = find();
      if (value === undefined && this.#ended) throw this.#failure('tcpdump ended');
      return value;
    };
    return this.#condition.until(look, timeout, () => this.#failure(failure));
  }

  #failure(what: string): Error {
    return new Error(`capture of ${this.#host.name} ${this.#iface}: ${what}: ${this.#messages.trim()}`);
  }
}
