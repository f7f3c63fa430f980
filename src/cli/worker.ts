import type { MessagePort } from 'node:worker_threads';
import { servePasswordWorker } from '../http-proxy/password-worker.ts';

/** What the program does when it is started as a worker thread: it checks the passwords of the HTTP proxy's clients. */
export async function runWorker(port: MessagePort): Promise<undefined> {
  await servePasswordWorker(port);
  return undefined;
}
