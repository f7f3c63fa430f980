import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';
import fc from 'fast-check';
import { SharedTally } from './shared-tally.ts';

test('SharedTally: counts as a map does, whatever comes and goes, in a table that is full', () => {
  const keys = ['10.128.0.7', '10.128.0.70', '', '2001:db8::1', 'fe80::1%eth0', 'a'.repeat(59), '10.129.1.1', '::1'];
  const steps = fc.array(fc.record({ key: fc.constantFrom(...keys), adds: fc.boolean() }), { maxLength: 300 });
  fc.assert(
    fc.property(steps, fc.integer({ min: 1, max: 3 }), (list, most) => {
      const tally = new SharedTally(SharedTally.allocate(keys.length / 4));
      const model = new Map<string, number>();
      for (const { key, adds } of list) {
        const count = model.get(key) ?? 0;
        const held = [...model.values()].filter((value) => value > 0).length;
        // One slot stays free.
        if (adds && count === 0 && held === 7) continue;
        if (adds) {
          assert.equal(tally.add(key, most), count);
          model.set(key, Math.min(most, count + 1));
        } else if (count > 0) {
          tally.remove(key);
          model.set(key, count - 1);
        }
      }
      for (const [key, count] of model) assert.equal(tally.add(key, 0), count, key);
    }),
  );
});

test('SharedTally: a key that has no room is refused', () => {
  const tally = new SharedTally(SharedTally.allocate(1));
  assert.throws(() => tally.add('a'.repeat(60), 1), RangeError);
});

test('SharedTally: threads that count at the same time lose nothing', async (t) => {
  const memory = SharedTally.allocate(8);
  const rounds = 100_000;
  const fixture = new URL('shared-tally.fixture.ts', import.meta.url);
  const workers = Array.from({ length: 3 }, () => new Worker(fixture, { workerData: { memory, rounds } }));
  t.after(() => Promise.all(workers.map((worker) => worker.terminate())));
  await Promise.all(workers.map((worker) => once(worker, 'message')));
  const tally = new SharedTally(memory);
  assert.deepEqual([tally.add('one', 0), tally.add('other', 0)], [3 * rounds, 3 * rounds]);
  for (const worker of workers) worker.postMessage('down');
  await Promise.all(workers.map((worker) => once(worker, 'exit')));
  assert.deepEqual([tally.add('one', 0), tally.add('other', 0)], [0, 0]);
});
