import { type ChildProcess, spawn } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { sandboxWords } from '../../scripts/sandbox.mjs';
import { type RunCgroups, runCgroup } from './cgroups.ts';
import type { Wishes } from './command-line.ts';
import { poll } from './poll.ts';
import type { ClusterState } from './running-cluster.ts';

/** What a run is started with. */
export interface RunOptions {
  /** The checkout's folder. */
  readonly checkout: string;
  /** Gets the run's own folder, with its logs. */
  readonly folder: string;
  readonly cgroups: RunCgroups;
  /** Where etcd and Kubernetes are. */
  readonly programs: string;
  /** Image archives to load. */
  readonly images: readonly string[];
  readonly wishes: Wishes;
}

/** What inside.ts is told, as JSON. */
export interface InsideOrder {
  readonly state: ClusterState;
  /** The run's folder. */
  readonly folder: string;
  readonly images: readonly string[];
  readonly wishes: Wishes;
}

/** Where a run's files are, its logs among them. They stay until the next run begins. */
export function runFolder(folder: string, pid: number): string {
  return `${folder}/run-${pid}`;
}

// In the cgroup of the run before anything else.
const joinCgroup = 'echo $$ >"$1" && shift && exec "$@"';

// Process 1 inherits orphans, also of the nodes, and a node is not off until each of its processes has been reaped. Node reaps its own children only,
// a shell all that there are. Standard input of what runs in the background is nothing unless that is said by another number.
const reapOrphans = 'exec 3<&0; "$@" <&3 & wait "$!"; exit "$?"';

/** Milliseconds for a sandbox to end when it is told to. */
const patience = 15_000;

/** A sandbox with a cluster in it: its first process is inside.ts, and all of it ends with that. */
export class Run {
  /** The exit code of inside.ts; 1 when it was killed. */
  readonly ended: Promise<number>;
  readonly #sandbox: ChildProcess;

  /** Starts it. */
  static async start({ checkout, folder: parent, cgroups, programs, images, wishes }: RunOptions): Promise<Run> {
    const folder = runFolder(parent, process.pid);
    await mkdir(folder);
    const cgroup = runCgroup(process.pid);
    const members = await cgroups.make(process.pid);
    const state = { folder: `/mnt/${cgroup}`, programs, logs: `${folder}/logs`, cgroup };
    const order: InsideOrder = { state, folder, images, wishes };
    const inside = [process.execPath, 'lab/cluster/inside.ts', JSON.stringify(order)];
    const sandbox = spawn('sh', ['-c', joinCgroup, 'sh', members, ...sandboxWords(), 'sh', '-c', reapOrphans, 'sh', ...inside], {
      cwd: checkout,
      // Its standard input is a pipe that closes with us, and tells it to end. A terminal's signals come to us alone.
      stdio: ['pipe', 'inherit', 'inherit'],
      detached: true,
    });
    const run = new Run(sandbox);
    await run.#writeFirstProcess(`${folder}/sandbox.pid`);
    return run;
  }

  private constructor(sandbox: ChildProcess) {
    this.#sandbox = sandbox;
    sandbox.stdin?.on('error', () => {});
    this.ended = new Promise((resolve) => sandbox.once('exit', (code) => resolve(code ?? 1)));
  }

  /** Ends it, the tests that run included. Safe to repeat. */
  stop(): void {
    this.#sandbox.stdin?.end();
    setTimeout(() => this.#sandbox.kill('SIGKILL'), patience).unref();
  }

  /** The machine's id of the sandbox's first process: the way in, for a person. */
  async #writeFirstProcess(file: string): Promise<void> {
    const { pid } = this.#sandbox;
    await poll('the sandbox has started', 10_000, async () => {
      if (this.#sandbox.exitCode !== null) return true;
      const children = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8').catch(() => '');
      await writeFile(file, children.trim());
      return children !== '';
    });
  }
}
