import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { test } from 'node:test';
import { RunCgroups, runCgroup } from './cgroups.ts';
import { cleanUp } from './clean-up.ts';
import { InotifyLimit } from './inotify-limit.ts';

const { pid: over } = spawnSync('true');
const running = process.ppid;

/** Folders stand for the hierarchies: a cgroup without processes is removed like one. */
function machine() {
  const root = mkdtempSync(`${tmpdir()}/clean-up-`);
  const options = {
    folder: `${root}/build`,
    cgroups: new RunCgroups(`${root}/cgroup`),
    limit: new InotifyLimit(`${root}/max_user_instances`, `${root}/build/inotify-limit`),
  };
  for (const hierarchy of ['pids', 'memory', 'cpu,cpuacct']) mkdirSync(`${root}/cgroup/${hierarchy}`, { recursive: true });
  symlinkSync('cpu,cpuacct', `${root}/cgroup/cpu`);
  mkdirSync(options.folder);
  writeFileSync(`${root}/max_user_instances`, '128\n');
  return { root, options, [Symbol.dispose]: () => rmSync(root, { recursive: true }) };
}

async function addRun({ root, options }: ReturnType<typeof machine>, pid: number): Promise<void> {
  await options.limit.raise();
  await options.cgroups.make(pid);
  for (const hierarchy of ['pids', 'memory', 'cpu,cpuacct'])
    mkdirSync(`${root}/cgroup/${hierarchy}/${runCgroup(pid)}-node1/kubepods/pod1`, { recursive: true });
  mkdirSync(`${options.folder}/run-${pid}/logs`, { recursive: true });
}

function left(root: string): string[] {
  const cgroups = ['pids', 'memory', 'cpu,cpuacct'].flatMap((hierarchy) => readdirSync(`${root}/cgroup/${hierarchy}`));
  return [...new Set(cgroups), ...readdirSync(`${root}/build`), readFileSync(`${root}/max_user_instances`, 'utf8').trim()];
}

test('cleanUp: of a run that crashed nothing is left, and the limit is what it was', async () => {
  using host = machine();
  await addRun(host, over);
  assert.equal(left(host.root).at(-1), '1024');
  await cleanUp(host.options);
  assert.deepEqual(left(host.root), ['128']);
});

test('cleanUp: of a run that has just ended the logs stay', async () => {
  using host = machine();
  await addRun(host, process.pid);
  await cleanUp({ ...host.options, ended: process.pid });
  assert.deepEqual(left(host.root), [`run-${process.pid}`, '128']);
  assert.ok(existsSync(`${host.options.folder}/run-${process.pid}/logs`));
});

test('cleanUp: a run that goes on keeps what it has', async () => {
  using host = machine();
  await addRun(host, running);
  const before = left(host.root);
  await addRun(host, over);
  await cleanUp(host.options);
  assert.deepEqual(left(host.root), before);
});

test('InotifyLimit.raise: a limit that suffices is left alone', async () => {
  using host = machine();
  writeFileSync(`${host.root}/max_user_instances`, '8192\n');
  await host.options.limit.raise();
  assert.deepEqual(left(host.root), ['8192']);
  await host.options.limit.restore();
  assert.deepEqual(left(host.root), ['8192']);
});
