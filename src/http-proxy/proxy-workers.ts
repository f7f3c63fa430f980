import { once } from 'node:events';
import type { Worker } from 'node:worker_threads';
import type { User } from '../config/router-config.ts';
import { RouterError } from '../router-error.ts';
import { allocateBeats, missedBeats } from './worker-beats.ts';
import type { MessageOfWorker, MessageToWorker, ProxyWorkerOrder } from './worker-message.ts';

/** What workers are started with. */
export interface ProxyWorkersOptions extends Pick<ProxyWorkerOrder, 'list' | 'config' | 'memory'> {
  readonly count: number;
  /** Starts a thread that runs `serveProxyWorker`. */
  readonly startWorker: (order: ProxyWorkerOrder) => Worker;
  /** Takes whole lines of the log. */
  readonly writeLines: (lines: string) => void;
}

/**
 * Worker threads that are one HTTP proxy together: they listen on one port, count in shared memory, and log through this thread. An error in one of them
 * is an error of this process.
 */
export class ProxyWorkers {
  readonly #options: ProxyWorkersOptions;
  readonly #beats: SharedArrayBuffer;
  readonly #workers: Worker[] = [];
  readonly #ended: Promise<unknown>[] = [];
  #port: number;
  #closing = false;

  /**
   * Starts them; resolves when all of them listen. The caller closes them.
   * @throws RouterError LISTEN_FAILED
   */
  static async start(options: ProxyWorkersOptions): Promise<ProxyWorkers> {
    const workers = new ProxyWorkers(options);
    try {
      for (let index = 0; index < options.count; index += 1) await workers.#start(index);
      return workers;
    } catch (error) {
      await workers.close(AbortSignal.abort());
      throw error;
    }
  }

  private constructor(options: ProxyWorkersOptions) {
    this.#options = options;
    this.#port = options.config.settings.httpProxyPort;
    this.#beats = allocateBeats(options.count);
  }

  /** The port that they listen on. */
  get port(): number {
    return this.#port;
  }

  /** Why a worker does not seem to live: a sentence for each. */
  stalled(): string[] {
    return missedBeats(this.#beats);
  }

  /** From now on these are the users. */
  replaceUsers(users: readonly User[]): void {
    this.#tell({ kind: 'users', users });
  }

  /** Stops accepting, and resolves when what is open has ended; it is reset when the signal aborts. */
  async close(signal: AbortSignal): Promise<void> {
    this.#closing = true;
    this.#tell({ kind: 'close' });
    const abort = () => this.#tell({ kind: 'abort' });
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
    await Promise.all(this.#ended);
    signal.removeEventListener('abort', abort);
  }

  async #start(index: number): Promise<void> {
    const { list, config, memory, startWorker } = this.#options;
    // Where any port will do, the first one chooses.
    const settings = { ...config.settings, httpProxyPort: this.#port };
    const worker = startWorker({ kind: 'http-proxy', list, config: { ...config, settings }, memory, beats: this.#beats, index });
    this.#workers.push(worker);
    this.#ended.push(once(worker, 'exit'));
    const listening = Promise.withResolvers<number>();
    worker.on('message', (message: MessageOfWorker) => {
      if (message.kind === 'listening') listening.resolve(message.port);
      else if (message.kind === 'failed') listening.reject(new RouterError(message.code, message.message, message.remedy));
      else if (message.kind === 'lines') this.#options.writeLines(message.lines);
      else this.#tell({ kind: 'make-room' }, worker);
    });
    worker.on('error', (error) => {
      throw error;
    });
    worker.on('exit', (code) => {
      if (!this.#closing) listening.reject(new Error(`worker ${index + 1} of the HTTP proxy ended with ${code}`));
    });
    this.#port = await listening.promise;
  }

  #tell(message: MessageToWorker, except?: Worker): void {
    for (const worker of this.#workers) if (worker !== except) worker.postMessage(message);
  }
}
