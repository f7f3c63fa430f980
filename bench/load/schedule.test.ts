import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Schedule } from './schedule.ts';

test('Schedule: requests are due at even intervals', () => {
  const schedule = new Schedule(100, 1_000);
  assert.equal(schedule.take(999), undefined);
  assert.equal(schedule.take(1_000), 1_000);
  assert.equal(schedule.take(1_009), undefined);
  assert.equal(schedule.untilNext(1_004), 6);
  assert.equal(schedule.take(1_010), 1_010);
});

test('Schedule: what was held up is due at its own time, not when it can be sent', () => {
  const schedule = new Schedule(100, 0);
  assert.equal(schedule.dueCount(25), 3);
  assert.deepEqual([schedule.take(25), schedule.take(25), schedule.take(25), schedule.take(25)], [0, 10, 20, undefined]);
  assert.equal(schedule.dueCount(25), 0);
});
