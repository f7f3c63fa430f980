import { fileURLToPath } from 'node:url';
import { addresses } from '../../lab/addresses.ts';
import type { HostProcess } from '../../lab/host-process.ts';
import type { Lab } from '../../lab/lab.ts';
import type { HostName } from '../../lab/plan.ts';
import type { Mode } from '../../src/config/router-config.ts';
import type { Flow, Round } from './programs/traffic.ts';
import { echoPort, patience } from './router-pod.ts';

const program = fileURLToPath(new URL('programs/traffic.ts', import.meta.url));

/** A host that sends without pause, over connections that stay, new connections and datagrams. */
export class Traffic {
  readonly #process: HostProcess;
  readonly #others: readonly HostProcess[];
  readonly #flows: readonly Flow[];

  constructor(process: HostProcess, others: readonly HostProcess[], flows: readonly Flow[]) {
    this.#process = process;
    this.#others = others;
    this.#flows = flows;
  }

  /** Waits until it has sent on every flow so many times more. */
  async rounds(count: number): Promise<void> {
    const last = this.#rounds.at(-1)?.round ?? 0;
    await this.#process.line((line) => parseRound(line).round >= last + count, 'stdout', patience);
  }

  /** Waits until, from now on, every flow of these kinds has had an answer of the server. @throws Error when one has not in time */
  async answers(...kinds: readonly Flow['kind'][]): Promise<void> {
    const first = (this.#rounds.at(-1)?.round ?? 0) + 1;
    const missing = new Set(this.#flows.flatMap(({ kind }, index) => (kinds.includes(kind) ? [index] : [])));
    await this.#process.line(
      (line) => {
        const { round, answered } = parseRound(line);
        if (round > first) for (const index of answered) missing.delete(index);
        return missing.size === 0;
      },
      'stdout',
      patience,
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([this.#process, ...this.#others].map((sender) => sender[Symbol.asyncDispose]()));
  }

  get #rounds(): Round[] {
    return this.#process.stdout.split('\n').slice(0, -1).map(parseRound);
  }
}

/** Starts what a client pod sends through the router to the echo outside. The caller disposes of it. */
export function sendThroughRouter(lab: Lab, mode: Mode): Promise<Traffic> {
  return start(
    lab,
    'client',
    lab.settings.families.flatMap((family) => {
      const { subnet, outside } = addresses[family];
      const [server] = outside.servers;
      const host = family === 'ipv6' ? `[${server}]:7` : `${server}:7`;
      const preamble = mode === 'http-proxy' ? { preamble: `CONNECT ${host} HTTP/1.1\r\nHost: ${host}\r\n\r\n` } : {};
      const target = { address: subnet.router, port: echoPort(mode, family), ...preamble };
      return [
        { kind: 'stream', ...target },
        { kind: 'connect', ...target },
        { kind: 'datagram', address: subnet.router, port: 7 },
      ] as const;
    }),
  );
}

/** Starts what any process in the router pod could send to the outside. The caller disposes of it. */
export async function sendFromRouter(lab: Lab): Promise<Traffic> {
  const servers = lab.settings.families.map((family) => addresses[family].outside.servers[0]);
  const pings = await Promise.all(servers.map((server) => lab.host('router').spawn('ping', ['-n', '-i', '0.2', server])));
  const kinds = ['stream', 'connect', 'datagram'] as const;
  return start(
    lab,
    'router',
    servers.flatMap((address) => kinds.map((kind) => ({ kind, address, port: 7 }))),
    pings,
  );
}

async function start(lab: Lab, name: HostName, flows: readonly Flow[], others: readonly HostProcess[] = []): Promise<Traffic> {
  const sender = await lab.host(name).spawn(process.execPath, [program, JSON.stringify(flows)]);
  return new Traffic(sender, others, flows);
}

function parseRound(line: string): Round {
  return JSON.parse(line);
}
