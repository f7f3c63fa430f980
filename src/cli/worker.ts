import type { MessagePort, Worker } from 'node:worker_threads';
import { servePasswordWorker } from '../http-proxy/password-worker.ts';
import type { ProxyWorkerOrder } from '../http-proxy/worker-message.ts';
import { carryHttpInWorker } from './carry-http.ts';

/** What a worker thread is for: it checks the passwords of the HTTP proxy's clients, or carries a part of them. */
export type WorkerOrder = { readonly kind: 'passwords' } | ProxyWorkerOrder;

/** What a worker can do to the world. */
export interface WorkerEffects {
  /** Starts this program in a thread, where it does what it is ordered to. */
  readonly startWorker: (order: WorkerOrder) => Worker;
}

/** What the program does when it is started as a worker thread. */
export async function runWorker(port: MessagePort, order: WorkerOrder, effects: WorkerEffects): Promise<undefined> {
  if (order.kind === 'passwords') await servePasswordWorker(port);
  else await carryHttpInWorker(port, order, effects);
  return undefined;
}
