import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { compare, median, percentile } from './statistics.ts';

test('median: is the middle value, or the mean of the middle two', () => {
  for (const [values, expected] of [
    [[7], 7],
    [[9, 1, 5], 5],
    [[10, 1, 2, 3], 2.5],
  ] as const) {
    assert.equal(median(values), expected);
  }
});

test('median, percentile, compare: nothing has none', () => {
  assert.throws(() => median([]), RangeError);
  assert.throws(() => percentile([], 0.5), RangeError);
  assert.throws(() => compare([]), RangeError);
});

test('percentile: is by nearest rank', () => {
  const sorted = Array.from({ length: 100 }, (_, index) => index + 1);
  for (const [share, expected] of [
    [0.001, 1],
    [0.5, 50],
    [0.99, 99],
    [1, 100],
  ] as const) {
    assert.equal(percentile(sorted, share), expected);
  }
});

test('percentile: so many are not above it, and with less so many there would be', () => {
  fc.assert(
    fc.property(fc.array(fc.integer(), { minLength: 1 }), fc.double({ min: 0.01, max: 1, noNaN: true }), (values, share) => {
      const sorted = values.toSorted((a, b) => a - b);
      const value = percentile(sorted, share);
      assert.ok(sorted.filter((each) => each <= value).length >= share * sorted.length);
      assert.ok(sorted.filter((each) => each < value).length < share * sorted.length);
    }),
  );
});

test('compare: the ratio is that of a round, so that a machine that slows down for both changes nothing', () => {
  const rounds = [
    { ours: 20, peer: 10 },
    { ours: 2, peer: 1 },
    { ours: 30, peer: 10 },
  ];
  assert.deepEqual(compare(rounds), { ours: 20, peer: 10, ratio: 2, spread: [2, 3] });
});
