import type { Worker } from 'node:worker_threads';
import type { PasswordAnswer, PasswordQuestion } from './password-worker.ts';

/** Whether a password is the one that was hashed. */
export type CheckPassword = (password: string, hash: string) => Promise<boolean>;

/** Checks passwords by a worker thread that runs `servePasswordWorker`, started with the first question and again after it has failed. */
export class PasswordChecker {
  readonly #startWorker: () => Worker;
  readonly #waiting = new Map<number, PromiseWithResolvers<boolean>>();
  #worker: Worker | undefined;
  #lastId = 0;

  constructor(startWorker: () => Worker) {
    this.#startWorker = startWorker;
  }

  /** @throws Error when the worker fails */
  readonly check: CheckPassword = (password, hash) => {
    this.#worker ??= this.#start();
    this.#lastId += 1;
    const answered = Promise.withResolvers<boolean>();
    this.#waiting.set(this.#lastId, answered);
    const question: PasswordQuestion = { id: this.#lastId, password, hash };
    this.#worker.postMessage(question);
    return answered.promise;
  };

  /** Ends the worker; questions that it has not answered are rejected. */
  async close(): Promise<void> {
    await this.#worker?.terminate();
  }

  #start(): Worker {
    const worker = this.#startWorker();
    let failure: unknown = new Error('the password worker ended');
    worker.on('message', ({ id, matches }: PasswordAnswer) => {
      this.#waiting.get(id)?.resolve(matches);
      this.#waiting.delete(id);
    });
    worker.on('error', (error) => {
      failure = error;
    });
    worker.on('exit', () => {
      this.#worker = undefined;
      for (const { reject } of this.#waiting.values()) reject(failure);
      this.#waiting.clear();
    });
    worker.unref();
    return worker;
  }
}
