import { readdir, readlink, writeFile } from 'node:fs/promises';
import { HostProcess, type ProcessOptions } from './host-process.ts';

/** What a host is born with. */
export interface HostOptions {
  readonly name: string;
  /** A folder for the host's files; the caller removes it. */
  readonly folder: string;
  /** Set before any interface comes: a path below /proc/sys/net and its value. */
  readonly sysctls?: readonly (readonly [path: string, value: string | number])[];
  /** The lines of its own /etc/resolv.conf; none = the file is empty. */
  readonly nameservers?: readonly string[];
}

/** How a program is started in a host. */
export interface RunOptions extends ProcessOptions {
  /** The only capabilities that it may have, such as `net_raw`; undefined = all of root's. */
  readonly capabilities?: readonly string[];
  /** User and group id; undefined = root. Others than root exist only where the sandbox was started by the real root. */
  readonly uid?: number;
}

/** What a program that ended said. */
export interface RunResult {
  /** Exit code; 128 when a signal ended it. */
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * A machine of the lab: a network and a mount namespace, held by one sleeping process that ends with this one.
 * Disposing of it kills every process in it.
 */
export class Host {
  readonly name: string;
  /** The process that holds the namespaces: for `nsenter --target` and `ip link set ... netns`. */
  readonly pid: number;
  readonly #holder: HostProcess | undefined;

  /** Starts the holder; resolves once loopback is up and the sysctls are set. */
  static async start(options: HostOptions): Promise<Host> {
    const resolvConf = `${options.folder}/${options.name}.resolv.conf`;
    await writeFile(resolvConf, (options.nameservers ?? []).map((address) => `nameserver ${address}\n`).join(''));
    const script = [
      'set -e',
      // What sysfs shows belongs to the namespace that mounted it; /proc/sys/net follows the reader by itself.
      'mount -t sysfs sysfs /sys',
      `mount --bind '${resolvConf}' /etc/resolv.conf`,
      ...(options.sysctls ?? []).map(([path, value]) => `echo ${value} > /proc/sys/net/${path}`),
      'ip link set lo up',
      'echo ready',
      // Our end of its standard input closes with us: no holder outlives a test that crashed.
      'exec cat',
    ].join('\n');
    const words = ['unshare', '--net', '--mount', 'sh', '-c', script];
    const holder = await HostProcess.start(words, { keepInput: true });
    await holder.line('ready');
    return new Host(options.name, holder);
  }

  /** A host that another process has started and will end, by its holder's id: disposing of this one changes nothing. */
  static attach(name: string, pid: number): Host {
    return new Host(name, pid);
  }

  private constructor(name: string, holder: HostProcess | number) {
    this.name = name;
    this.#holder = typeof holder === 'number' ? undefined : holder;
    this.pid = typeof holder === 'number' ? holder : holder.pid;
  }

  /** The command words that run a program in this host from anywhere in the sandbox. */
  words(command: string, args: readonly string[], options: RunOptions = {}): string[] {
    return [
      ...['nsenter', `--target=${this.pid}`, '--net', '--mount', `--wdns=${process.cwd()}`, '--'],
      ...privilegeWords(options),
      ...[command, ...args],
    ];
  }

  /** Starts a program and returns at once. Whoever starts it disposes of it; disposing of the host does it as well. */
  spawn(command: string, args: readonly string[] = [], options: RunOptions = {}): Promise<HostProcess> {
    return HostProcess.start(this.words(command, args, options), options);
  }

  /** Runs a program to its end; a failure is a result, not an error. */
  async run(command: string, args: readonly string[] = [], options: RunOptions = {}): Promise<RunResult> {
    const child = await this.spawn(command, args, options);
    const { code } = await child.exit;
    return { code: code ?? 128, stdout: child.stdout, stderr: child.stderr };
  }

  /**
   * Runs a program that must succeed, and returns its standard output.
   * @throws Error with what it wrote when its exit code is not 0.
   */
  async output(command: string, args: readonly string[] = [], options: RunOptions = {}): Promise<string> {
    const { code, stdout, stderr } = await this.run(command, args, options);
    if (code === 0) return stdout;
    throw new Error(`${this.name}: '${[command, ...args].join(' ')}' ended with ${code}: ${stderr}${stdout}`);
  }

  /** The MAC of one of its interfaces. @throws Error when there is no such interface. */
  async mac(iface: string): Promise<string> {
    return (await this.output('cat', [`/sys/class/net/${iface}/address`])).trim();
  }

  /** The ids of the processes in this host, the holder's included. */
  async processes(): Promise<number[]> {
    const namespace = await namespaceOf(this.pid);
    if (namespace === undefined) return [];
    const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
    const inside = await Promise.all(pids.map(async (pid) => (await namespaceOf(pid)) === namespace));
    return pids.filter((_, index) => inside[index]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#holder === undefined) return;
    for (const pid of await this.processes()) {
      if (pid === this.pid) continue;
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        // It ended by itself meanwhile.
      }
    }
    await this.#holder[Symbol.asyncDispose]();
  }
}

/** A network namespace's name; undefined for a process that has ended. */
async function namespaceOf(pid: number): Promise<string | undefined> {
  try {
    return await readlink(`/proc/${pid}/ns/net`);
  } catch {
    return undefined;
  }
}

/** Root's capabilities are what the bounding set leaves; another user's are the ambient ones. */
function privilegeWords({ capabilities, uid }: RunOptions): string[] {
  if (capabilities === undefined && uid === undefined) return [];
  const kept = (capabilities ?? []).map((name) => `+${name}`);
  const words = ['setpriv', `--bounding-set=${['-all', ...kept].join(',')}`, `--inh-caps=${['-all', ...kept].join(',')}`];
  if (uid === undefined) return [...words, '--'];
  return [...words, `--ambient-caps=${['-all', ...kept].join(',')}`, `--reuid=${uid}`, `--regid=${uid}`, '--clear-groups', '--'];
}
