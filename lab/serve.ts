import { fileURLToPath } from 'node:url';
import type { Host } from './host.ts';
import type { HostProcess } from './host-process.ts';
import type { SeenRequest, SeenTransport, ServerEvent, ServerSpec } from './programs/served.ts';

const program = fileURLToPath(new URL('programs/serve.ts', import.meta.url));

/** Something that a server saw. */
export type Seen = SeenRequest | SeenTransport;

/** Paths of PEM files. */
export interface TlsFiles {
  readonly key: string;
  readonly cert: string;
}

/** The servers of one host: one process. Disposing of it ends it. */
export class Servers {
  /** To stop (SIGSTOP), kill or watch. */
  readonly process: HostProcess;

  constructor(process: HostProcess) {
    this.process = process;
  }

  /** Everything seen until now, oldest first. */
  get seen(): Seen[] {
    return this.process.stdout.split('\n').slice(0, -1).map(parseEvent).filter(isSeen);
  }

  /** The first thing seen, past or future, that satisfies `matches`. @throws Error after `timeout` milliseconds. */
  async see(matches: (seen: Seen) => boolean, timeout?: number): Promise<Seen> {
    const isWanted = (line: string) => {
      const event = parseEvent(line);
      return isSeen(event) && matches(event);
    };
    const event = parseEvent(await this.process.line(isWanted, 'stdout', timeout));
    if (!isSeen(event)) throw new Error(`not an event of a server: ${JSON.stringify(event)}`);
    return event;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.process[Symbol.asyncDispose]();
  }
}

/** Starts servers on a host and resolves once all listen. `tls` is needed for `https`. */
export async function serve(host: Host, servers: readonly ServerSpec[], tls?: TlsFiles): Promise<Servers> {
  const running = await host.spawn(process.execPath, [program, JSON.stringify({ servers, tls })]);
  await running.line((line) => parseEvent(line).event === 'ready');
  return new Servers(running);
}

function parseEvent(line: string): ServerEvent {
  return JSON.parse(line);
}

function isSeen(event: ServerEvent): event is Seen {
  return event.event !== 'ready';
}
