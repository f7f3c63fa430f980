import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Environment } from './environment.ts';
import type { Row } from './row.ts';

/** A whole run: what docs/benchmarks.md is made of. */
export interface Report {
  readonly environment: Environment;
  readonly rounds: number;
  /** Of a sample. */
  readonly seconds: number;
  readonly rows: readonly Row[];
}

/** Where the report of the last run is. */
export const reportFile = 'build/bench/report.json';

/** The report of the last run. @throws Error when there was none */
export function readReport(): Report {
  try {
    return JSON.parse(readFileSync(reportFile, 'utf8'));
  } catch (error) {
    throw new Error(`no report to read, run 'npm run bench -- http' first: ${error instanceof Error ? error.message : error}`);
  }
}

/** Writes a value as JSON; makes the folder where it is missing. */
export function writeJson(path: string, value: unknown): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, `${JSON.stringify(value, null, 2)}\n`);
}
