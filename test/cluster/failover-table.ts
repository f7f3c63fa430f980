import { mkdir, writeFile } from 'node:fs/promises';

/** One way in which a router moves, as its client saw it. Times are in milliseconds since it began. */
export interface Failover {
  readonly event: string;
  readonly mode: string;
  /** The longest time without an answer. */
  readonly gap: number;
  readonly steps: readonly FailoverStep[];
}

/** Something that had to happen before clients were answered again. */
export interface FailoverStep {
  readonly step: string;
  readonly after: number;
}

const file = 'build/cluster/failover.json';

/** Prints what was measured as a table, and writes it to build/cluster/failover.json. */
export async function reportFailovers(failovers: readonly Failover[]): Promise<void> {
  await mkdir('build/cluster', { recursive: true });
  await writeFile(file, `${JSON.stringify(failovers, null, 2)}\n`);
  console.log(formatFailovers(failovers));
}

/** A table in Markdown. Pure. */
export function formatFailovers(failovers: readonly Failover[]): string {
  const rows = failovers.map(({ event, mode, gap, steps }) => {
    // The API has whole seconds.
    const path = steps.map(({ step, after }) => `${step} after ${Math.max(0, Math.round(after / 1000))} s`).join(', ');
    return `| ${event} | ${mode} | ${(gap / 1000).toFixed(1)} s | ${path} |`;
  });
  return ['| event | mode | longest time without an answer | of it |', '|---|---|---|---|', ...rows].join('\n');
}
