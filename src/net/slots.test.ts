import assert from 'node:assert/strict';
import { test } from 'node:test';
import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { Slots } from './slots.ts';

test('Slots: has what was added and not removed, whatever comes and goes', () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(fc.constant('add'), fc.nat()), { maxLength: 200 }), (steps) => {
      const slots = new Slots<number>();
      const there: { thing: number; slot: number }[] = [];
      for (const [thing, step] of steps.entries()) {
        if (step === 'add') there.push({ thing, slot: slots.add(thing) });
        else if (there.length > 0) for (const { slot } of there.splice(step % there.length, 1)) slots.remove(slot);
      }
      assert.deepEqual(
        slots.values().sort((a, b) => a - b),
        there.map(({ thing }) => thing),
      );
    }),
  );
});

test('Slots.find: each that matches has its turn, and nothing is found where none does', () => {
  const slots = new Slots<number>();
  const places = [1, 2, 3, 4, 5].map((thing) => slots.add(thing));
  const isOdd = (thing: number) => thing % 2 === 1;
  assert.deepEqual(
    [1, 2, 3, 4].map(() => slots.find(isOdd)),
    [1, 3, 5, 1],
  );
  slots.remove(places[2] ?? -1);
  assert.equal(slots.find(isOdd), 5);
  assert.equal(
    slots.find((thing) => thing === 3),
    undefined,
  );
  assert.equal(
    new Slots<number>().find(() => true),
    undefined,
  );
});

test('Slots: what has been removed does not outlive the next collections, as it does in a Set', () => {
  const set = new Set<object>();
  const keptBySet = churn((thing) => {
    set.add(thing);
    return () => set.delete(thing);
  });
  const slots = new Slots<object>();
  const keptBySlots = churn((thing) => {
    const slot = slots.add(thing);
    return () => slots.remove(slot);
  });
  assert.ok(keptBySlots < keptBySet / 5, `${keptBySlots} bytes by Slots, ${keptBySet} by a Set`);
});

// V8 would take what a Set has kept as a sign that such things live long, and make the next ones in the old generation.
setFlagsFromString('--no-allocation-site-pretenuring');

/** Adds many things, of which 32 are there at a time. Returns the bytes by which the old generation has grown since a whole collection among them. */
function churn(add: (thing: object) => () => void): number {
  const removals: (() => void)[] = [];
  let before = 0;
  for (let count = 0; count < 60_000; count++) {
    const place = count % 32;
    removals[place]?.();
    removals[place] = add(Array.from({ length: 40 }, (_, index) => ({ index, more: [count, index] })));
    if (count !== 1_000) continue;
    collectAll();
    before = oldBytes();
  }
  for (const remove of removals) remove();
  return oldBytes() - before;
}

function collectAll(): void {
  setFlagsFromString('--expose-gc');
  runInNewContext('gc')();
}

function oldBytes(): number {
  return getHeapSpaceStatistics().find(({ space_name }) => space_name === 'old_space')?.space_used_size ?? assert.fail();
}
