// A thread that counts two keys up and says so; and, when it is told to, down again and ends.
import { parentPort, workerData } from 'node:worker_threads';
import { SharedTally } from './shared-tally.ts';

const tally = new SharedTally(workerData.memory);
const keys = ['one', 'other'];
for (let round = 0; round < workerData.rounds; round += 1) for (const key of keys) tally.add(key, Number.POSITIVE_INFINITY);
parentPort?.postMessage('counted');
parentPort?.once('message', () => {
  for (let round = 0; round < workerData.rounds; round += 1) for (const key of keys) tally.remove(key);
});
