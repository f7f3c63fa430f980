import { type ChildProcess, spawn } from 'node:child_process';
import { Condition } from './condition.ts';

/** How a program is started. */
export interface ProcessOptions {
  /** Its environment, besides PATH and HOME; nothing else is handed down. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Written to standard input. */
  readonly input?: string | Uint8Array;
  /** Standard input stays open after `input`, until `endInput` or the end of this process; default: it ends. */
  readonly keepInput?: boolean;
}

/** What every program of the lab gets: a proxy or a locale of the person who started us would change what it does. */
export function bareEnvironment(): NodeJS.ProcessEnv {
  const { PATH = '', HOME = '/' } = process.env;
  return { PATH: `${PATH}:/usr/local/sbin:/usr/sbin:/sbin`, HOME };
}

/** How a process ended: one of the two is null. */
export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** What to wait for: a line that contains the text, matches the pattern or satisfies the predicate. */
export type LineMatch = string | RegExp | ((line: string) => boolean);

/** A running program. It leads a process group of its own; disposing of it kills the group and waits for the end. */
export class HostProcess {
  /** The program's process id, as everyone in the sandbox sees it. */
  readonly pid: number;
  /** Resolves when the program has ended and its output is complete; never rejects. */
  readonly exit: Promise<Exit>;
  readonly #child: ChildProcess;
  readonly #title: string;
  readonly #output = { stdout: '', stderr: '' };
  readonly #condition = new Condition();
  #ended: Exit | undefined;

  /** @throws Error when the program cannot be started. */
  static async start(words: readonly string[], options: ProcessOptions = {}): Promise<HostProcess> {
    const [program = '', ...args] = words;
    const env = { ...bareEnvironment(), ...options.env };
    const child = spawn(program, args, { env, detached: true, stdio: ['pipe', 'pipe', 'pipe'] });
    await new Promise<void>((resolve, reject) => child.once('spawn', resolve).once('error', reject));
    return new HostProcess(child, words.join(' '), options);
  }

  private constructor(child: ChildProcess, title: string, { input, keepInput = false }: ProcessOptions) {
    this.#child = child;
    this.#title = title;
    this.pid = child.pid ?? 0;
    for (const name of ['stdout', 'stderr'] as const) {
      child[name]?.setEncoding('utf8').on('data', (text: string) => {
        this.#output[name] += text;
        this.#condition.changed();
      });
    }
    // A program that ends without reading its input is no error of ours.
    child.stdin?.on('error', () => {});
    if (input !== undefined) child.stdin?.write(input);
    if (!keepInput) child.stdin?.end();
    this.exit = new Promise((resolve) => {
      child.once('close', (code, signal) => {
        this.#ended = { code, signal };
        resolve(this.#ended);
        this.#condition.changed();
      });
    });
  }

  /** Everything written to standard output until now. */
  get stdout(): string {
    return this.#output.stdout;
  }

  /** Everything written to standard error until now. */
  get stderr(): string {
    return this.#output.stderr;
  }

  /** Whether the program has not ended yet. */
  get isRunning(): boolean {
    return this.#ended === undefined;
  }

  /**
   * The first whole line, of past or future output, that matches.
   * @throws Error with the output so far when the program ends first, or after `timeout` milliseconds.
   */
  line(match: LineMatch, stream: 'stdout' | 'stderr' = 'stdout', timeout = 10_000): Promise<string> {
    const matches =
      typeof match === 'function' ? match : (line: string) => (typeof match === 'string' ? line.includes(match) : match.test(line));
    const look = () => {
      const found = this.#output[stream].split('\n').slice(0, -1).find(matches);
      if (found === undefined && this.#ended !== undefined)
        throw this.#failure(`ended (${this.#ended.code ?? this.#ended.signal}) without a line ${match}`);
      return found;
    };
    return this.#condition.until(look, timeout, () => this.#failure(`wrote no line ${match} within ${timeout} ms`));
  }

  /** Writes to standard input, which `keepInput` has kept open. */
  write(data: string | Uint8Array): void {
    this.#child.stdin?.write(data);
  }

  /** Ends standard input. */
  endInput(): void {
    this.#child.stdin?.end();
  }

  /** Sends a signal to the program alone. */
  kill(signal: NodeJS.Signals = 'SIGTERM'): void {
    this.#child.kill(signal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.isRunning) {
      try {
        process.kill(-this.pid, 'SIGKILL');
      } catch {
        // The group ended between the question and the signal.
      }
    }
    await this.exit;
  }

  #failure(what: string): Error {
    return new Error(`${this.#title}\n${what}\n--- stdout\n${this.stdout}\n--- stderr\n${this.stderr}`);
  }
}
