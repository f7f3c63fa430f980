import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chooseCores } from './cores.ts';

test('chooseCores: takes the first and the last that may be used', () => {
  for (const [list, expected] of [
    ['0-1', { load: 0, proxy: 1 }],
    ['2,5', { load: 2, proxy: 5 }],
    ['0-3,8-11', { load: 0, proxy: 11 }],
  ] as const) {
    assert.deepEqual(chooseCores(list), expected);
  }
});

test('chooseCores: refuses to measure on one core', () => {
  assert.throws(() => chooseCores('3'), /only CPU 3/);
});
