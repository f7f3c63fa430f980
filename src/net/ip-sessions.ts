import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { programEnvironment, type Run, type RunResult } from './run.ts';

/**
 * Asks ip(8) again and again without starting it each time: to start a program copies the page tables of this process, which stops it for 20 ms when it has 200 MB.
 * A program with the same options goes on and reads its commands (`-batch -`). It remembers the names of interfaces: in routes, one that is renamed has its old
 * name until the program ends. Whoever opens the sessions closes them.
 */
export class IpSessions {
  readonly #program: string;
  readonly #timeout: number;
  /** By options. */
  readonly #sessions = new Map<string, IpSession>();
  #closed = false;

  /** @param timeout for an answer, in milliseconds */
  constructor(program = 'ip', timeout = 5_000) {
    this.#program = program;
    this.#timeout = timeout;
  }

  /**
   * Runs `ip` as the `Run` of a live system does, for commands that print one line: the options must have `-j`, and stand before the command. One that fails
   * ends its program, and the next one starts another.
   */
  readonly run: Run = async (_command, args) => {
    if (this.#closed) return { code: 128, stdout: '', stderr: 'the sessions are closed' };
    const first = args.findIndex((word) => !word.startsWith('-'));
    const options = args.slice(0, first);
    const key = options.join(' ');
    let session = this.#sessions.get(key);
    if (session === undefined || session.ended) {
      session = new IpSession(this.#program, options);
      this.#sessions.set(key, session);
    }
    return session.ask(args.slice(first).join(' '), this.#timeout);
  };

  /** Ends the programs. Questions that they have not answered fail, and so do all that come afterwards. */
  close(): void {
    this.#closed = true;
    for (const session of this.#sessions.values()) session.close();
  }
}

/** One program. */
class IpSession {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #waiting: ((result: RunResult) => void)[] = [];
  #stdout = '';
  #stderr = '';
  ended = false;

  constructor(program: string, options: readonly string[]) {
    this.#child = spawn(program, [...options, '-batch', '-'], { stdio: ['pipe', 'pipe', 'pipe'], env: programEnvironment });
    this.#child.stdout.setEncoding('utf8').on('data', (text: string) => this.#read(text));
    this.#child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr += text;
    });
    this.#child.on('error', (error) => this.#end({ code: 127, stdout: '', stderr: `${program}: ${error.message}` }));
    this.#child.on('close', (code) => this.#end({ code: code ?? 128, stdout: '', stderr: this.#stderr }));
    // Its end is told by `close`.
    this.#child.stdin.on('error', () => {});
  }

  ask(question: string, timeout: number): Promise<RunResult> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.#child.kill('SIGKILL'), timeout);
      this.#waiting.push((result) => {
        clearTimeout(timer);
        resolve(result);
      });
      this.#child.stdin.write(`${question}\n`);
    });
  }

  close(): void {
    this.ended = true;
    this.#child.stdin.end();
  }

  #read(text: string): void {
    const lines = (this.#stdout + text).split('\n');
    this.#stdout = lines.pop() ?? '';
    for (const line of lines) this.#waiting.shift()?.({ code: 0, stdout: line, stderr: '' });
  }

  #end(result: RunResult): void {
    this.ended = true;
    for (const answer of this.#waiting.splice(0)) answer(result);
  }
}
