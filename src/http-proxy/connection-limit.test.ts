import assert from 'node:assert/strict';
import { test } from 'node:test';
import { planConnectionLimit } from './connection-limit.ts';

test('planConnectionLimit: the settings decide where there are descriptors enough, else half of what is left', () => {
  const cases: [wanted: number, limit: number, open: number, workers: number, served: number, refused: number, dialled: number][] = [
    [20_000, 1_048_576, 24, 0, 20_000, 128, 1_028_296],
    [20_000, Number.POSITIVE_INFINITY, 24, 0, 20_000, 128, Number.POSITIVE_INFINITY],
    [20_000, 20_000, 24, 0, 9_860, 128, 9_860],
    [20_000, 1_024, 24, 0, 436, 64, 436],
    [10, 1_024, 24, 0, 10, 64, 862],
    [20_000, 1_024, 24, 2, 420, 64, 420],
    [20_000, 64, 24, 0, 16, 4, 16],
    [20_000, 10, 24, 0, 1, 1, 1],
  ];
  for (const [wanted, limit, open, workers, served, refused, dialled] of cases) {
    assert.deepEqual(planConnectionLimit(wanted, { limit, open }, workers), { served, refused, dialled }, `${wanted} of ${limit}`);
  }
});
