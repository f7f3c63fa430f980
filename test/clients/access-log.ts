import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { patience } from '../e2e/router-pod.ts';
import type { Stage } from './stage.ts';

/** What the proxy has logged of a request or a tunnel. */
export interface AccessLine {
  readonly method: string;
  /** Undefined where it did not come to one. */
  readonly destination: string | undefined;
  readonly status: number;
}

/** All of them until now, oldest first. */
export function accessLines(stage: Stage): AccessLine[] {
  return stage.log
    .split('\n')
    .slice(0, -1)
    .map(parseLine)
    .filter(({ method }) => method !== undefined);
}

/**
 * Asserts that this is what the proxy logs of a host, and nothing else: a line `METHOD PORT STATUS` for each request and tunnel, in any order. A line with a `+` behind
 * it may be there more than once.
 */
export async function expectAccess(stage: Stage, host: string, expected: readonly string[]): Promise<void> {
  const read = () => {
    const lines = accessLines(stage)
      .filter(({ destination }) => destination?.startsWith(`${host}:`))
      .map(({ method, destination, status }) => `${method} ${destination?.slice(host.length + 1)} ${status}`);
    const repeated = new Set(lines.map((line) => `${line}+`).filter((line) => expected.includes(line)));
    return [...repeated, ...lines.filter((line) => !repeated.has(`${line}+`))].sort();
  };
  await expectSoon(read, [...expected].sort());
}

/** Asserts that these lines are read, as soon as there are as many: a tunnel's is written when both its sides have ended, which can be after its client has. */
export async function expectSoon(read: () => readonly string[], expected: readonly string[]): Promise<void> {
  const deadline = performance.now() + patience;
  while (read().length < expected.length && performance.now() < deadline) await sleep(20);
  assert.deepEqual(read(), expected);
}

function parseLine(line: string): AccessLine {
  return JSON.parse(line);
}
