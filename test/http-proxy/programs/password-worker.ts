// The thread that checks passwords, as the router's own program starts it.
import { parentPort } from 'node:worker_threads';
import { servePasswordWorker } from '../../../src/http-proxy/password-worker.ts';

if (parentPort === null) throw new Error('this is no worker thread');
await servePasswordWorker(parentPort);
