import { spawn } from 'node:child_process';
import { openSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import type { Host } from '../host.ts';
import { bareEnvironment } from '../host-process.ts';
import { poll } from './poll.ts';

/**
 * The running part of a node: process, mount, host name and IPC namespaces of its own in the network of `host`, so that the end of its first process
 * is a power cut. It outlives the process that started it, a test for instance, and ends with the sandbox; its id is kept in a file.
 */
export class Machine {
  readonly #host: Host;
  readonly #folder: string;

  /** The machine of the node with this folder, running or not. */
  constructor(host: Host, folder: string) {
    this.#host = host;
    this.#folder = folder;
  }

  /** Starts it with a shell script as first process; what the script writes goes to `log`. */
  async start(script: string, log: string): Promise<void> {
    const namespaces = ['--pid', '--fork', '--kill-child=SIGKILL', '--mount', '--uts', '--ipc', '--mount-proc'];
    const file = `${this.#folder}/boot.sh`;
    await writeFile(file, script);
    const [program = '', ...args] = this.#host.words('unshare', [...namespaces, 'sh', file]);
    const output = openSync(log, 'a');
    const child = spawn(program, args, { env: bareEnvironment(), detached: true, stdio: ['ignore', output, output] });
    await new Promise<void>((resolve, reject) => child.once('spawn', resolve).once('error', reject));
    child.unref();
    await writeFile(this.#pidFile, String(child.pid));
  }

  /** The command words that run a program in it. @throws Error when it does not run. */
  async words(command: string, args: readonly string[]): Promise<readonly string[]> {
    const first = await this.#firstProcess();
    if (first === undefined) throw new Error(`${this.#host.name} is powered off`);
    return ['nsenter', `--target=${first}`, '--mount', '--uts', '--ipc', '--net', '--pid', '--', command, ...args];
  }

  /** Kills every process in it at once; nothing is left when it resolves. */
  async kill(): Promise<void> {
    const first = await this.#firstProcess();
    if (first === undefined) return;
    process.kill(first, 'SIGKILL');
    // The kernel lets go of the first process of a namespace only when all others have ended.
    await poll(`${this.#host.name} is off`, 10_000, async () => (await this.#firstProcess()) === undefined);
  }

  get #pidFile(): string {
    return `${this.#folder}/machine.pid`;
  }

  async #firstProcess(): Promise<number | undefined> {
    try {
      const pid = await readFile(this.#pidFile, 'utf8');
      const children = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8');
      const [first] = children.split(' ').filter((word) => word !== '');
      return first === undefined ? undefined : Number(first);
    } catch {
      // Never started, or ended.
      return undefined;
    }
  }
}
