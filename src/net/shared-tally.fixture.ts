// A thread that counts two keys up and down as fast as it can, and tells how often it was let beyond the limit.
import { parentPort, workerData } from 'node:worker_threads';
import { SharedTally } from './shared-tally.ts';

const most = 2;
const tally = new SharedTally(workerData);
let beyond = 0;
for (let round = 0; round < 100_000; round += 1) {
  const key = round % 3 === 0 ? 'one' : 'other';
  const before = tally.add(key, most);
  if (before > most) beyond += 1;
  if (before < most) tally.remove(key);
}
parentPort?.postMessage(beyond);
