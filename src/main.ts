import { readFileSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { parentPort, Worker, workerData } from 'node:worker_threads';
import { runCommandLine } from './cli/command-line.ts';
import type { Effects } from './cli/effects.ts';
import { runWorker } from './cli/worker.ts';
import { runProgram } from './net/run.ts';

// What V8 learns at start about objects that live long is wrong for requests: those that came later were made among the old ones, which only a whole
// collection frees. It stopped a busy proxy for 60 ms every few seconds, and every other collection took six times as long.
setFlagsFromString('--no-allocation-site-pretenuring');

let drain: AbortController | undefined;
for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.on(signal, () => {
    // As process 1 of a container we have no default action. 143 is 128 + 15, a shell's word for a process that SIGTERM ended.
    if (drain === undefined || drain.signal.aborted) process.exit(143);
    drain.abort();
  });
}

const effects: Effects = {
  // The path as the caller wrote it: Node follows no symbolic links here.
  programName: basename(process.argv[1] ?? ''),
  env: process.env,
  readFile: (path) => readFileSync(path, 'utf8'),
  run: runProgram,
  startWorker: (order) => new Worker(process.argv[1] ?? '', { env: {}, argv: [], workerData: order }),
  print: (text) => process.stdout.write(text),
  printError: (text) => process.stderr.write(text),
  writeTerminationMessage: (text) => {
    try {
      // The kubelet's default path: an empty file that everybody may write, also where the root is read-only.
      writeFileSync('/dev/termination-log', text, { flag: 'r+' });
    } catch {
      // No pod, or another path: the text is in the log.
    }
  },
  terminal: process.stdout.isTTY === true,
  drainOnTerminate: () => {
    drain ??= new AbortController();
    return drain.signal;
  },
};

const ended = parentPort === null ? runCommandLine(process.argv.slice(2), effects) : runWorker(parentPort, workerData, effects);
// No await at the top level: the image's bundle is a CommonJS module, which has none.
ended.then((exitCode) => {
  process.exitCode = exitCode;
});
