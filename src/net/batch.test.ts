import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import { inBatch } from './batch.ts';

/** Lets the event loop turn without a rest, as it does under load. */
async function keepBusy(): Promise<void> {
  await new Promise<void>(inBatch);
}

test('inBatch: what is said in one turn is done in this order, and not before the turn ends', async () => {
  const done: number[] = [];
  for (const number of [1, 2, 3]) inBatch(() => done.push(number));
  await Promise.resolve();
  assert.deepEqual(done, []);
  await new Promise<void>(inBatch);
  assert.deepEqual(done, [1, 2, 3]);
});

test('inBatch: what an act wants done belongs to the next batch', async () => {
  const done: string[] = [];
  const inner = Promise.withResolvers<void>();
  inBatch(() => {
    inBatch(() => {
      done.push('inner');
      inner.resolve();
    });
    done.push('outer');
  });
  inBatch(() => done.push('behind'));
  await inner.promise;
  assert.deepEqual(done, ['outer', 'behind', 'inner']);
});

test('inBatch: a loop that never sleeps goes on gathering while each poll brings more', async () => {
  await keepBusy();
  const done: string[] = [];
  inBatch(() => done.push('first turn'));
  await nextTurn();
  assert.equal(done.length, 0);
  inBatch(() => done.push('second turn'));
  await new Promise<void>(inBatch);
  assert.deepEqual(done, ['first turn', 'second turn']);
});

test('inBatch: a batch is done when a poll brings nothing', async () => {
  await keepBusy();
  let isDone = false;
  inBatch(() => {
    isDone = true;
  });
  for (let turn = 0; turn < 3; turn += 1) await nextTurn();
  assert.ok(isDone);
});

test('inBatch: however much comes, nothing waits for long', async () => {
  await keepBusy();
  let isDone = false;
  inBatch(() => {
    isDone = true;
  });
  const begun = performance.now();
  while (!isDone && performance.now() - begun < 5_000) {
    inBatch(() => {});
    await nextTurn();
  }
  assert.ok(isDone);
});

test('inBatch: after a sleep a batch is done at the end of the turn', async () => {
  await sleep(20);
  let isDone = false;
  inBatch(() => {
    isDone = true;
  });
  await nextTurn();
  assert.ok(isDone);
});
