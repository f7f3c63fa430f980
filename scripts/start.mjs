// Entry of the npm scripts: set-up where needed, then the command on the pinned Node, in a sandbox where it builds networks.
// Plain JavaScript for any Node from 20 on, since it runs before `npm ci`.
import { spawn, spawnSync } from 'node:child_process';
import { refuseWithoutRequirements } from './cluster-requirements.mjs';
import { install } from './install.mjs';
import { nodePath, root } from './node-path.mjs';
import { sandboxWords } from './sandbox.mjs';

const commands = {
  bench: (args) => (args[0] === 'http' ? [...sandboxWords(), nodePath, 'bench/main.ts'] : [nodePath, 'bench/main.ts']),
  check: () => [nodePath, 'scripts/check.ts'],
  format: () => [`${root}node_modules/@biomejs/cli-linux-${process.arch}/biome`, 'check', '--write', '.'],
  image: (args) => (args.includes('--measure') ? [...sandboxWords(), nodePath, 'image/measure.ts'] : [nodePath, 'image/main.ts']),
  demo: () => [...sandboxWords(), nodePath, 'demo/main.ts'],
  fuzz: () => [...sandboxWords(), nodePath, 'fuzz/main.ts'],
  test: (args) => {
    const files =
      args.length === 0
        ? ['src/**/*.test.ts', 'lab/**/*.test.ts', 'fuzz/**/*.test.ts', 'bench/**/*.test.ts', 'test/!(cluster)/**/*.test.ts']
        : [];
    return [...sandboxWords(), nodePath, '--test', '--test-concurrency=6', '--test-timeout=400000', ...files];
  },
  // Makes its own sandbox, since it has something to do before and after it.
  'test:cluster': () => [nodePath, 'lab/cluster/main.ts'],
};

/** Whether the command needs the image, which is built before it: a sandbox has no network to fetch packages by. */
const needsImage = {
  image: (args) => args.includes('--measure'),
  test: (args) => args.length === 0 || args.some((arg) => arg.includes('test/image')),
};

const [name, ...args] = process.argv.slice(2);
const command = commands[name];
if (command === undefined) {
  console.error(`usage: node scripts/start.mjs ${Object.keys(commands).join('|')} [ARGUMENTS]`);
  process.exit(2);
}
if (name === 'test:cluster') {
  refuseWithoutRequirements();
  install(['debian-packages.json', 'cluster-packages.json']);
} else if (name === 'bench') {
  install(['debian-packages.json', 'bench-packages.json']);
} else if (name === 'image' && !args.includes('--measure')) {
  install(['image-packages.json']);
} else {
  install();
}
if (needsImage[name]?.(args)) {
  const { status } = spawnSync(nodePath, ['image/main.ts'], { cwd: root, stdio: 'inherit' });
  if (status !== 0) process.exit(1);
}
const [program, ...words] = command(args);
const child = spawn(program, [...words, ...args], { cwd: root, stdio: 'inherit' });
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
child.on('exit', (code, signal) => process.exit(signal === null ? code : 1));
