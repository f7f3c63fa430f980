import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { longVariable, stateFile, stateVariable } from './cluster.ts';
import { writeTools } from './keep.ts';
import type { InsideOrder } from './run.ts';
import { startCluster } from './start-cluster.ts';

// The sandbox ends with it, and with the sandbox everything in it.
const order: InsideOrder = JSON.parse(process.argv[2] ?? '');
const { state, folder, images, wishes } = order;

// Whoever started us closes our standard input to end us, and so does its own end.
process.stdin.resume().once('end', () => process.exit(130));

const begin = Date.now();
const cluster = await startCluster(state);
await Promise.all(images.map((image) => cluster.loadImage(image)));
console.log(`cluster: up after ${((Date.now() - begin) / 1000).toFixed(1)} s; logs in ${state.logs}`);
const code = wishes.files.length === 0 ? 0 : await runTests();
if (wishes.keep) {
  for (const line of await writeTools({ folder, state, cluster })) console.log(line);
  await once(process, 'never');
}
process.exit(code);

async function runTests(): Promise<number> {
  // One file at a time: they share the nodes, and some cut their power. Tests have deadlines of their own; this one is for a file that hangs.
  const minutes = wishes.long ? 240 : 15;
  const words = ['--test', '--test-concurrency=1', `--test-timeout=${minutes * 60_000}`, ...wishes.files];
  const env = { ...process.env, [stateVariable]: stateFile(state), ...(wishes.long ? { [longVariable]: '1' } : {}) };
  const tests = spawn(process.execPath, words, { stdio: ['ignore', 'inherit', 'inherit'], env });
  const [status] = await once(tests, 'exit');
  return status ?? 1;
}
