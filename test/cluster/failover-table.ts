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
    const path = steps.map(({ step, after }) => `${step} ${seconds(after)}`).join(', ');
    return `| ${event} | ${mode} | ${seconds(gap)} | ${path} |`;
  });
  return ['| event | mode | without answer | seconds after it began |', '|---|---|---|---|', ...rows].join('\n');
}

function seconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(1)} s`;
}
