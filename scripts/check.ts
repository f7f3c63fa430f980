import { spawnSync } from 'node:child_process';

const steps = [
  ['types', 'node_modules/.bin/tsc', '-p', '.'],
  ['format, lint and import rules', `node_modules/@biomejs/cli-linux-${process.arch}/biome`, 'check', '--error-on-warnings', '.'],
] as const;

let failed = false;
for (const [title, command, ...args] of steps) {
  const { status } = spawnSync(command, args, { stdio: 'inherit' });
  console.log(`${status === 0 ? 'ok    ' : 'FAILED'} ${title}`);
  failed ||= status !== 0;
}
process.exitCode = failed ? 1 : 0;
