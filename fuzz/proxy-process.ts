import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import type { LogLine, ProxyMessage, ProxyOrder } from './proxy-message.ts';

const program = new URL('programs/proxy.ts', import.meta.url);

/** What the proxy did since it was asked last. */
export interface Deeds {
  readonly dials: readonly { readonly address: string; readonly port: number }[];
  readonly lines: readonly LogLine[];
  /** Descriptors that it did not give back. */
  readonly leaked: number;
}

/** The proxy's process ended by itself. */
export class ProxyEndedError extends Error {
  override readonly name = 'ProxyEndedError';
}

/** The process of the proxy that is fuzzed. Whoever starts it stops it. */
export class ProxyProcess {
  readonly #child: ChildProcess;
  readonly #ended = Promise.withResolvers<never>();
  #dials: Deeds['dials'][number][] = [];
  #lines: LogLine[] = [];
  #answer = Promise.withResolvers<ProxyMessage>();
  #errors = '';
  port = 0;

  private constructor(originPort: number, plant: string | undefined) {
    const planted = plant === undefined ? [] : ['--import', new URL(`planted/${plant}.ts`, import.meta.url).href];
    this.#child = fork(program, [String(originPort)], {
      execArgv: ['--expose-gc', ...planted],
      stdio: ['ignore', 'inherit', 'pipe', 'ipc'],
    });
    this.#ended.promise.catch(() => {});
    this.#child.stderr?.on('data', (chunk: Buffer) => {
      this.#errors = (this.#errors + chunk.toString()).slice(-4_000);
    });
    this.#child.once('close', (code, signal) => {
      this.#ended.reject(new ProxyEndedError(`the proxy ended (${signal ?? code}): ${this.#errors.trim()}`));
    });
    this.#child.on('message', (message: ProxyMessage) => {
      if (message.kind === 'dial') this.#dials.push(message);
      else if (message.kind === 'line') this.#lines.push(message.line);
      else this.#answer.resolve(message);
    });
  }

  /**
   * Starts it, with a bug of `planted/` where one is named.
   * @throws ProxyEndedError when it does not start
   */
  static async start(originPort: number, plant: string | undefined): Promise<ProxyProcess> {
    const proxy = new ProxyProcess(originPort, plant);
    const message = await Promise.race([proxy.#answer.promise, proxy.#ended.promise]);
    if (message.kind === 'listening') proxy.port = message.port;
    return proxy;
  }

  /** Takes the descriptors that it has now for the base to which it must return. */
  async takeBase(): Promise<void> {
    await this.#order('take-base');
  }

  /**
   * What it did since the last time, once it has come to rest.
   * @throws ProxyEndedError
   */
  async settle(): Promise<Deeds> {
    const message = await this.#order('settle');
    const deeds = { dials: this.#dials, lines: this.#lines, leaked: message.kind === 'settled' ? message.leaked : 0 };
    this.#dials = [];
    this.#lines = [];
    return deeds;
  }

  /** Bytes in use after a garbage collection. */
  async measureMemory(): Promise<number> {
    const message = await this.#order('measure-memory');
    return message.kind === 'memory' ? message.bytes : 0;
  }

  /** Ends it. */
  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    this.#child.kill('SIGKILL');
    await once(this.#child, 'close');
  }

  async #order(order: ProxyOrder): Promise<ProxyMessage> {
    this.#answer = Promise.withResolvers();
    // A channel that is closed is told by the end of the process.
    if (this.#child.connected) this.#child.send(order, () => {});
    return Promise.race([this.#answer.promise, this.#ended.promise]);
  }
}
