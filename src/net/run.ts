import { spawn } from 'node:child_process';

/** How a program ended. `code` is 127 when it could not be started and 128 when a signal ended it. */
export interface RunResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Starts one external program, feeds `input` to its standard input, and waits for its end. Never rejects, never uses a shell. */
export type Run = (command: string, args: readonly string[], options?: { readonly input?: string }) => Promise<RunResult>;

/** What programs find in their environment: PATH has the sbin folders, where Debian puts ip and nft. */
export const programEnvironment = { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C' };

/** The `Run` of a live system. */
export const runProgram: Run = (command, args, options = {}) =>
  new Promise((resolve) => {
    const child = spawn(command, [...args], {
      stdio: ['pipe', 'pipe', 'pipe'],
      env: programEnvironment,
    });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    child.on('error', (error) => resolve({ code: 127, stdout, stderr: `${command}: ${error.message}` }));
    child.on('close', (code) => resolve({ code: code ?? 128, stdout, stderr }));
    // A program that ends without reading its input (EPIPE) speaks through its exit code.
    child.stdin.on('error', () => {});
    child.stdin.end(options.input ?? '');
  });
