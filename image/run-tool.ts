import { spawnSync } from 'node:child_process';

/** How a tool is started. */
export interface ToolOptions {
  /** Its working folder; default: ours. */
  readonly cwd?: string;
  /** Written to its standard input. */
  readonly input?: Uint8Array;
}

/**
 * Runs a program that must succeed, to its end, and returns what it wrote to standard output.
 * @throws Error with what it wrote to standard error
 */
export function runTool(command: string, args: readonly string[], options: ToolOptions = {}): Buffer {
  // Sorting, dates and messages must not depend on whose machine this is.
  const env = { PATH: searchPath, LC_ALL: 'C', TZ: 'UTC' };
  const { status, stdout, stderr, error } = spawnSync(command, args, { ...options, env, maxBuffer: 2 ** 30 });
  if (status === 0) return stdout;
  throw new Error(`'${[command, ...args.slice(0, 8)].join(' ')}' failed: ${error?.message ?? stderr.toString()}`);
}

const searchPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
