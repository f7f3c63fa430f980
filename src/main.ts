import { readFileSync } from 'node:fs';
import { runCommandLine } from './cli/command-line.ts';
import { runProgram } from './net/run.ts';

const terminate = new AbortController();
for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.on(signal, () => {
    // 128 + 15: what a shell reports for a process that SIGTERM ended.
    if (terminate.signal.aborted) process.exit(143);
    terminate.abort();
  });
}

process.exitCode = await runCommandLine(process.argv.slice(2), {
  env: process.env,
  readFile: (path) => readFileSync(path, 'utf8'),
  run: runProgram,
  print: (text) => process.stdout.write(text),
  printError: (text) => process.stderr.write(text),
  terminal: process.stdout.isTTY === true,
  terminate: terminate.signal,
});
