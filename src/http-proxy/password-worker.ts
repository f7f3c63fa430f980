import type { MessagePort } from 'node:worker_threads';

/** A question to the worker. */
export interface PasswordQuestion {
  readonly id: number;
  readonly password: string;
  /** Of bcrypt. */
  readonly hash: string;
}

/** Its answer. */
export interface PasswordAnswer {
  readonly id: number;
  readonly matches: boolean;
}

/**
 * Answers questions one after the other: a worker thread is for this alone, since each takes some hundred milliseconds, made to cost as much. The
 * comparison takes the same time wherever the first difference is.
 */
export async function servePasswordWorker(port: MessagePort): Promise<void> {
  const { compareSync } = await import('bcryptjs');
  port.on('message', ({ id, password, hash }: PasswordQuestion) => {
    const answer: PasswordAnswer = { id, matches: compareSync(password, hash) };
    port.postMessage(answer);
  });
}
