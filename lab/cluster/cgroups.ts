import { mkdir, readdir, readFile, rmdir } from 'node:fs/promises';
import { poll } from './poll.ts';

const hierarchies = '/sys/fs/cgroup';

/**
 * The cgroup that holds a run's whole sandbox; those of its nodes have names that go on from there. The name has the process id of the run, so that
 * the next one can tell what a crash has left.
 */
export function runCgroup(pid: number): string {
  return `egress-router-cluster-${pid}`;
}

/** Makes a run's cgroup in the hierarchy that every kernel has; returns the file that takes process ids. */
export async function makeCgroup(name: string): Promise<string> {
  const folder = `${hierarchies}/pids/${name}`;
  await mkdir(folder);
  return `${folder}/cgroup.procs`;
}

/** The runs that have cgroups, by process id, whether or not they still run. */
export async function runsWithCgroups(): Promise<number[]> {
  const names = await readdir(`${hierarchies}/pids`);
  const pids = names.map((name) => /^egress-router-cluster-(\d+)(-node\d)?$/.exec(name)?.[1]);
  return [...new Set(pids.filter((pid) => pid !== undefined).map(Number))];
}

/**
 * Kills every process in a run's cgroups, if there still is one, and removes them: that they can be removed proves that nothing of the run is left.
 * @throws Error when a process will not end.
 */
export async function removeCgroups(run: string): Promise<void> {
  const folders = (
    await Promise.all((await readdir(hierarchies)).map((hierarchy) => ownFolders(`${hierarchies}/${hierarchy}`, run)))
  ).flat();
  for (const folder of folders) await poll(`${folder} is empty`, 20_000, () => removeTree(folder));
}

async function ownFolders(hierarchy: string, run: string): Promise<string[]> {
  const names = await readdir(hierarchy);
  return names.filter((name) => name === run || name.startsWith(`${run}-`)).map((name) => `${hierarchy}/${name}`);
}

/** Whether all of it is gone. */
async function removeTree(folder: string): Promise<boolean> {
  const entries = await readdir(folder, { withFileTypes: true });
  for (const entry of entries) if (entry.isDirectory()) await removeTree(`${folder}/${entry.name}`);
  try {
    await rmdir(folder);
    return true;
  } catch {
    const members = await readFile(`${folder}/cgroup.procs`, 'utf8');
    for (const pid of members.split('\n').filter((line) => line !== '')) killNow(Number(pid));
    return false;
  }
}

function killNow(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It ended by itself meanwhile.
  }
}
