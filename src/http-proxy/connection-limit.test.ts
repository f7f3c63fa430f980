import assert from 'node:assert/strict';
import { test } from 'node:test';
import { planConnectionLimit } from './connection-limit.ts';

test('planConnectionLimit: the settings decide where there are descriptors enough, else half of what is left', () => {
  const cases: [wanted: number, limit: number, open: number, served: number, accepted: number, dialled: number][] = [
    [20_000, 1_048_576, 24, 20_000, 20_128, 1_028_296],
    [20_000, Number.POSITIVE_INFINITY, 24, 20_000, 20_128, Number.POSITIVE_INFINITY],
    [20_000, 20_000, 24, 9_860, 9_988, 9_860],
    [20_000, 1_024, 24, 436, 500, 436],
    [10, 1_024, 24, 10, 74, 862],
    [20_000, 64, 24, 16, 20, 16],
    [20_000, 10, 24, 1, 2, 1],
  ];
  for (const [wanted, limit, open, served, accepted, dialled] of cases) {
    assert.deepEqual(planConnectionLimit(wanted, { limit, open }), { served, accepted, dialled }, `${wanted} of ${limit}`);
  }
});
