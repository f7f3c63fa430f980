// Entry of the npm scripts: set-up where needed, then the command on the pinned Node, in a sandbox where it builds networks.
// Plain JavaScript for any Node from 20 on, since it runs before `npm ci`.
import { spawn, spawnSync } from 'node:child_process';
import { refuseWithoutRequirements } from './cluster-requirements.mjs';
import { install } from './install.mjs';
import { nodePath, root } from './node-path.mjs';
import { sandboxWords } from './sandbox.mjs';

const lab = 'debian-packages.json';
const measures = (args) => args.includes('--measure');
const tests = (args, folder) => args.length === 0 || args.some((arg) => arg.includes(folder));
const inSandbox = (...words) => [...sandboxWords(), nodePath, ...words];

/**
 * For each command the words that start it, and what it needs before: `require` ends the process where it cannot be run at all, `packages` are lists of
 * Debian packages (default: those of the lab), `image` says whether the image is built first, since a sandbox has no network to fetch packages by.
 */
const commands = {
  bench: {
    packages: () => [lab, 'bench-packages.json'],
    words: (args) => (args[0] === 'http' ? inSandbox('bench/main.ts') : [nodePath, 'bench/main.ts']),
  },
  check: { words: () => [nodePath, 'scripts/check.ts'] },
  format: { words: () => [`${root}node_modules/@biomejs/cli-linux-${process.arch}/biome`, 'check', '--write', '.'] },
  image: {
    packages: (args) => [measures(args) ? lab : 'image-packages.json'],
    image: measures,
    words: (args) => (measures(args) ? inSandbox('image/measure.ts') : [nodePath, 'image/main.ts']),
  },
  demo: { words: () => inSandbox('demo/main.ts') },
  fuzz: { words: () => inSandbox('fuzz/main.ts') },
  test: {
    packages: (args) => [lab, ...(tests(args, 'test/clients') ? ['client-packages.json'] : [])],
    image: (args) => tests(args, 'test/image'),
    words: (args) => {
      const files =
        args.length === 0
          ? ['src/**/*.test.ts', 'lab/**/*.test.ts', 'fuzz/**/*.test.ts', 'bench/**/*.test.ts', 'test/!(cluster)/**/*.test.ts']
          : [];
      return inSandbox('--test', '--test-concurrency=6', '--test-timeout=400000', ...files);
    },
  },
  'test:cluster': {
    require: refuseWithoutRequirements,
    packages: () => [lab, 'cluster-packages.json'],
    // Makes its own sandbox, since it has something to do before and after it.
    words: () => [nodePath, 'lab/cluster/main.ts'],
  },
};

const [name, ...args] = process.argv.slice(2);
const command = commands[name];
if (command === undefined) {
  console.error(`usage: node scripts/start.mjs ${Object.keys(commands).join('|')} [ARGUMENTS]`);
  process.exit(2);
}
command.require?.();
install(command.packages?.(args) ?? [lab]);
if (command.image?.(args)) {
  const { status } = spawnSync(nodePath, ['image/main.ts'], { cwd: root, stdio: 'inherit' });
  if (status !== 0) process.exit(1);
}
const [program, ...words] = command.words(args);
const child = spawn(program, [...words, ...args], { cwd: root, stdio: 'inherit' });
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
child.on('exit', (code, signal) => process.exit(signal === null ? code : 1));
