import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { User } from '../../src/config/router-config.ts';
import type { Settings } from '../../src/config/settings.ts';

const program = fileURLToPath(new URL('programs/proxy.ts', import.meta.url));

/** A proxy in a process of its own. */
export interface ChildProxy {
  readonly child: ChildProcess;
  readonly port: number;
  /** Of its log. */
  readonly lines: readonly string[];
}

/** What is unusual about it. */
export interface ProgramOptions {
  readonly settings?: Partial<Settings>;
  readonly users?: readonly User[];
}

/** Starts one with these rules; it is killed when the test ends. `prefix` is a shell command before it, such as a limit. */
export async function startProxy(
  t: TestContext,
  prefix: string,
  rules: readonly string[],
  options: ProgramOptions = {},
): Promise<ChildProxy> {
  const child: ChildProcess = spawn('sh', ['-c', `${prefix} exec "$@"`, 'sh', process.execPath, program, ...rules], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...process.env, PROXY_OPTIONS: JSON.stringify(options) },
  });
  t.after(() => child.kill('SIGKILL'));
  assert.ok(child.stdout);
  const port = Promise.withResolvers<number>();
  const lines: string[] = [];
  createInterface(child.stdout).on('line', (line) => {
    const found = /^port (\d+)$/.exec(line)?.[1];
    if (found === undefined) lines.push(line);
    else port.resolve(Number(found));
  });
  child.once('exit', () => port.reject(new Error('the proxy ended')));
  return { child, lines, port: await port.promise };
}
