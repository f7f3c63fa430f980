import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Received } from './received.ts';

/** Larger than what may share its memory with others. */
const large = 64 * 1024;

test('Received: what is taken is what came, in order, in whatever pieces it comes and goes', () => {
  const step = fc.record({ chunk: fc.uint8Array({ minLength: 1, maxLength: 40 }), share: fc.nat({ max: 100 }) });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 20 }), (steps) => {
      const received = new Received();
      const taken: Buffer[] = [];
      for (const { chunk, share } of steps) {
        received.add(Buffer.from(chunk));
        const count = Math.floor((received.bytes.length * share) / 100);
        taken.push(Buffer.from(received.bytes.subarray(0, count)));
        received.take(count);
        received.letGo(false);
      }
      taken.push(received.takeAll());
      assert.deepEqual(Buffer.concat(taken), Buffer.concat(steps.map(({ chunk }) => chunk)));
      assert.equal(received.bytes.length, 0);
    }),
  );
});

const rows = [
  { what: 'all is taken and nobody keeps any of it', taken: large, isKept: false, left: 0 },
  { what: 'all is taken and somebody keeps it', taken: large, isKept: true, left: large },
  { what: 'a byte is not taken yet', taken: large - 1, isKept: false, left: large },
];
for (const { what, taken, isKept, left } of rows) {
  test(`Received: when ${what}, the memory is ${left === 0 ? 'given back' : 'left alone'}`, () => {
    const received = new Received();
    const chunk = Buffer.alloc(large);
    received.add(chunk);
    received.take(taken);
    received.letGo(isKept);
    assert.equal(chunk.length, left);
  });
}

test('Received: what was taken whole is the taker’s', () => {
  const received = new Received();
  received.add(Buffer.alloc(large));
  const taken = received.takeAll();
  received.letGo(false);
  assert.equal(taken.length, large);
});
