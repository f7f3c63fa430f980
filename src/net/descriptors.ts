import { readdirSync, readFileSync } from 'node:fs';

/** File descriptors of this process: how many it may have, and how many it has. */
export interface Descriptors {
  readonly limit: number;
  readonly open: number;
}

/** Asks the kernel. `open` counts one for the asking. */
export function readDescriptors(): Descriptors {
  return { limit: parseDescriptorLimit(readFileSync('/proc/self/limits', 'utf8')), open: readdirSync('/proc/self/fd').length };
}

/** The soft limit in /proc/PID/limits (proc(5)), which open(2) and accept(2) go by. @throws TypeError where the text has none */
export function parseDescriptorLimit(limits: string): number {
  const [, soft] = /^Max open files +(\d+|unlimited) /m.exec(limits) ?? [];
  if (soft === undefined) throw new TypeError('/proc/self/limits has no line for open files');
  return soft === 'unlimited' ? Number.POSITIVE_INFINITY : Number(soft);
}
