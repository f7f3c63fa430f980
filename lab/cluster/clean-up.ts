import { readdir, readFile, rm } from 'node:fs/promises';
import { type RunCgroups, runCgroup } from './cgroups.ts';
import type { InotifyLimit } from './inotify-limit.ts';

/** What a clean-up is about. */
export interface CleanUpOptions {
  /** Where the folders of runs are. */
  readonly folder: string;
  readonly cgroups: RunCgroups;
  readonly limit: InotifyLimit;
  /** The run that has just ended, by process id: of which nothing may be left. Its folder stays, for its logs. */
  readonly ended?: number;
}

/**
 * Removes what runs have left that are over, by a crash too: processes, cgroups, folders, the raised limit. Runs that go on are left alone.
 * @throws Error when something cannot be removed.
 */
export async function cleanUp({ folder, cgroups, limit, ended }: CleanUpOptions): Promise<void> {
  const isOver = (pid: number) => pid === ended || !isAnotherRun(pid);
  const runs = await cgroups.runs();
  for (const pid of runs.filter(isOver)) await cgroups.remove(pid);
  for (const name of await readdir(folder)) {
    const pid = Number(/^run-(\d+)$/.exec(name)?.[1]);
    if (pid !== ended && !Number.isNaN(pid) && isOver(pid)) await rm(`${folder}/${name}`, { recursive: true });
  }
  if (runs.every(isOver)) await limit.restore();
  const mounts = await readFile('/proc/self/mountinfo', 'utf8');
  if (ended !== undefined && mounts.includes(runCgroup(ended))) throw new Error(`a mount of the run ${ended} is left:\n${mounts}`);
}

/** Process ids come again: what has our own is from before us. */
function isAnotherRun(pid: number): boolean {
  if (pid === process.pid) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
