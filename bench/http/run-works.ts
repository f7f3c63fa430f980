import type { Row } from '../row.ts';
import { formatTable } from '../table.ts';
import type { BenchRun, Work } from './bench-run.ts';

/** What the works came to. */
export interface Outcome {
  readonly rows: readonly Row[];
  /** Names of works that could not be measured; why was said. */
  readonly failed: readonly string[];
}

/**
 * Measures one work after the other. One that fails does not keep the others from being measured.
 * @param onRows told all rows so far, after each work
 */
export async function runWorks(works: readonly Work[], run: BenchRun, onRows: (rows: readonly Row[]) => void): Promise<Outcome> {
  const rows: Row[] = [];
  const failed: string[] = [];
  for (const { name, title, measure } of works) {
    run.say(`\n${name}: ${title}`);
    try {
      const measured = await measure(run);
      run.say(formatTable(measured));
      rows.push(...measured);
      onRows(rows);
    } catch (error) {
      failed.push(name);
      run.say(`FAILED: ${error instanceof Error ? error.message : error}`);
    }
  }
  return { rows, failed };
}
