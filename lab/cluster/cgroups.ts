import { mkdir, readdir, readFile, rmdir } from 'node:fs/promises';
import { poll } from './poll.ts';

/**
 * The cgroup that holds a run's whole sandbox; those of its nodes have names that go on from there. The name has the process id of the run, so that
 * the next one can tell what a crash has left.
 */
export function runCgroup(pid: number): string {
  return `egress-router-cluster-${pid}`;
}

/** The cgroups of runs, in every hierarchy (cgroup v1). */
export class RunCgroups {
  readonly #root: string;

  /** `root` is where the hierarchies are mounted: /sys/fs/cgroup. */
  constructor(root: string) {
    this.#root = root;
  }

  /** Makes a run's cgroup in the hierarchy `pids`, which every kernel has; returns the file that takes process ids. */
  async make(pid: number): Promise<string> {
    const folder = `${this.#root}/pids/${runCgroup(pid)}`;
    await mkdir(folder);
    return `${folder}/cgroup.procs`;
  }

  /** The runs that have cgroups, by process id, whether or not they still run. */
  async runs(): Promise<number[]> {
    const names = await readdir(`${this.#root}/pids`);
    const pids = names.map((name) => /^egress-router-cluster-(\d+)(-node\d)?$/.exec(name)?.[1]);
    return [...new Set(pids.filter((pid) => pid !== undefined).map(Number))];
  }

  /**
   * Kills every process in a run's cgroups, if there still is one, and removes them: that they can be removed proves that nothing of the run is left.
   * @throws Error when a process will not end.
   */
  async remove(pid: number): Promise<void> {
    // Some systems have symbolic links here as well: cpu -> cpu,cpuacct.
    const hierarchies = (await readdir(this.#root, { withFileTypes: true })).filter((entry) => entry.isDirectory());
    const run = runCgroup(pid);
    for (const { name: hierarchy } of hierarchies) {
      const names = await readdir(`${this.#root}/${hierarchy}`);
      const own = names.filter((name) => name === run || name.startsWith(`${run}-`));
      for (const name of own) await removeTree(`${this.#root}/${hierarchy}/${name}`);
    }
  }
}

async function removeTree(folder: string): Promise<void> {
  for (const entry of await readdir(folder, { withFileTypes: true })) if (entry.isDirectory()) await removeTree(`${folder}/${entry.name}`);
  await poll(`${folder} is empty`, 20_000, async () => {
    try {
      await rmdir(folder);
      return true;
    } catch {
      const members = await readFile(`${folder}/cgroup.procs`, 'utf8');
      for (const pid of members.split('\n').filter((line) => line !== '')) killNow(Number(pid));
      return false;
    }
  });
}

function killNow(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It ended by itself meanwhile.
  }
}
