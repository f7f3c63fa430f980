import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';

/** Not where the report of a real run is. */
const folder = mkdtempSync(join(tmpdir(), 'bench-'));

/** A run so short that its figures mean nothing. */
function bench(words: readonly string[]): { readonly status: number | null; readonly output: string } {
  const short = [
    '--peer',
    'egress-router',
    '--rounds',
    '1',
    '--seconds',
    '0.2',
    '--tunnels',
    '200',
    '--report',
    join(folder, 'report.json'),
  ];
  const { status, stdout, stderr } = spawnSync(process.execPath, ['bench/main.ts', 'http', ...short, ...words], { encoding: 'utf8' });
  return { status, output: stdout + stderr };
}

test('bench http: measures ours against ours, and writes rows', () => {
  const file = join(folder, 'rows.json');
  const works = ['tunnel-up', 'latency', 'slow-readers', 'idle-tunnel'];
  const { status, output } = bench([...works.flatMap((work) => ['--only', work]), '--json', file]);
  assert.equal(status, 0, output);
  const rows: Record<string, unknown>[] = JSON.parse(readFileSync(file, 'utf8'));
  for (const work of works)
    assert.ok(
      rows.some((row) => String(row.work).startsWith(work)),
      work,
    );
  for (const row of rows) {
    for (const key of ['ours', 'peer', 'ratio']) assert.ok(Number(row[key]) > 0, `${row.work} ${key}: ${row[key]}`);
    assert.match(String(row.better), /^(higher|lower)$/);
  }
});

test('bench http: a work that does not exist is a wrong command line', () => {
  const { status, output } = bench(['--only', 'everything']);
  assert.equal(status, 2);
  assert.match(output, /there is no such work[\s\S]*usage:/);
});
