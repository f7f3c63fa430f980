import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { root } from './node-path.mjs';

/**
 * Ends the process with 2, and a line with the remedy for everything that this machine lacks to run a cluster. Takes a moment: nothing is built or fetched,
 * and nothing need be installed for it.
 */
export function refuseWithoutRequirements() {
  const missing = [rootProblem(), cgroupProblem(), goProblem()].filter((problem) => problem !== undefined);
  if (missing.length === 0) return;
  console.error(['the cluster cannot start:', ...missing].join('\n  '));
  process.exit(2);
}

function rootProblem() {
  if (process.getuid() === 0) return undefined;
  return 'it needs root, for containerd mounts images and makes cgroups: run it with sudo, or in a virtual machine';
}

function cgroupProblem() {
  if (existsSync('/sys/fs/cgroup/memory/cgroup.procs')) return undefined;
  return 'it needs cgroup v1, the only one that it was tried on: boot with systemd.unified_cgroup_hierarchy=0';
}

function goProblem() {
  const [, wanted] = /^go (\d+\.\d+)/m.exec(readFileSync(`${root}lab/cluster/go/go.mod`, 'utf8'));
  const remedy = `it builds Kubernetes with Go ${wanted} or later: install it from https://go.dev/dl/ and put it into PATH`;
  const go = spawnSync('go', ['env', 'GOVERSION'], { cwd: '/', encoding: 'utf8', env: { ...process.env, GOTOOLCHAIN: 'local' } });
  if (go.error !== undefined) return `${remedy} (there is no 'go')`;
  const [, installed] = /^go(\d+\.\d+)/.exec(go.stdout) ?? [];
  return installed !== undefined && isAtLeast(installed, wanted) ? undefined : `${remedy} (this is ${go.stdout.trim()})`;
}

function isAtLeast(version, wanted) {
  const [major, minor] = version.split('.').map(Number);
  const [wantedMajor, wantedMinor] = wanted.split('.').map(Number);
  return major > wantedMajor || (major === wantedMajor && minor >= wantedMinor);
}
