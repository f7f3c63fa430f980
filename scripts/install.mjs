import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { isNodeInstalled, nodePath, root } from './node-path.mjs';

/** Packages apart from the project's own, with lock files of their own: an outside test suite, and clients that are tested with. */
const suiteFolders = ['http-cache', 'clients'].map((name) => `${root}test/${name}/suite/`);
const searchPath = `${process.env.PATH}:/usr/local/sbin:/usr/sbin:/sbin`;

/**
 * Brings the checkout to where everything can run: npm's packages as package-lock.json says, and the Debian packages of the lists, JSON files
 * of scripts/. Costs a few milliseconds when nothing is missing. Ends the process with 1 and the remedy when it cannot.
 */
export function install(lists) {
  installNpmPackages(lists);
  try {
    installDebianPackages(lists);
  } catch (error) {
    fail(error.message);
  }
  const started = spawnSync(nodePath, ['--version']);
  if (started.status !== 0) fail(`${nodePath} does not start: ${started.stderr}`);
}

function installNpmPackages(lists) {
  npmCi(root, ['--include=optional'], isNodeInstalled);
  if (!isNodeInstalled()) fail(`npm ci brought no Node for ${process.platform} ${process.arch}; supported are linux x64 and arm64`);
  // The image is built where the tests are not.
  if (!lists.includes('debian-packages.json')) return;
  for (const folder of suiteFolders) npmCi(folder, ['--ignore-scripts']);
}

function npmCi(folder, options, isComplete = () => true) {
  const stampFile = `${folder}node_modules/.installed-from`;
  const wanted = createHash('sha256')
    .update(readFileSync(`${folder}package-lock.json`))
    .digest('hex');
  const installed = existsSync(stampFile) ? readFileSync(stampFile, 'utf8') : '';
  if (installed === wanted && isComplete()) return;
  console.log(`set-up: npm ci in ${folder}`);
  const npm = spawnSync('npm', ['ci', ...options, '--loglevel=error'], { cwd: folder, stdio: 'inherit' });
  if (npm.status !== 0) fail('npm ci failed; its message is above');
  writeFileSync(stampFile, wanted);
}

function installDebianPackages(lists) {
  const packages = missingDebianPackages(lists);
  if (packages.length === 0) return;
  const commands = [
    ['apt-get', 'update', '-qq'],
    ['apt-get', 'install', '-y', '-qq', '--no-install-recommends', ...packages],
  ];
  const line = commands.map((words) => words.join(' ')).join(' && ');
  if (process.getuid() !== 0) fail(`programs are missing. Run this once as root, then try again:\n  ${line}`);
  console.log(`set-up: ${line}`);
  withoutStartingServices(() => {
    for (const [command, ...args] of commands) {
      const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
      const apt = spawnSync(command, args, { stdio: ['ignore', 'ignore', 'inherit'], env });
      if (apt.status !== 0) throw new Error(`'${[command, ...args].join(' ')}' failed; its message is above`);
    }
  });
  const still = missingDebianPackages(lists);
  if (still.length > 0) fail(`apt-get ended well, but these are still missing: ${still.join(' ')}`);
}

/** Packages of servers start them when installed, unless this file says no (policy-rc.d(8) of invoke-rc.d); the lab starts its own. */
function withoutStartingServices(action) {
  const policyFile = '/usr/sbin/policy-rc.d';
  if (existsSync(policyFile)) return action();
  writeFileSync(policyFile, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  try {
    action();
  } finally {
    rmSync(policyFile);
  }
}

function missingDebianPackages(lists) {
  const packages = lists.flatMap((list) => Object.entries(JSON.parse(readFileSync(`${root}scripts/${list}`, 'utf8'))));
  const missing = packages.filter(([file]) => !isPresent(file));
  return [...new Set(missing.map(([, name]) => name))];
}

function isPresent(file) {
  if (file.startsWith('/')) return existsSync(file);
  const folders = file.includes('.so') ? libraryFolders() : searchPath.split(':');
  return folders.some((folder) => existsSync(`${folder}/${file}`));
}

function libraryFolders() {
  const triplet = { x64: 'x86_64-linux-gnu', arm64: 'aarch64-linux-gnu' }[process.arch];
  return [`/usr/lib/${triplet}`, `/lib/${triplet}`, '/usr/lib64', '/usr/lib'];
}

function fail(message) {
  console.error(`set-up: ${message}`);
  process.exit(1);
}
