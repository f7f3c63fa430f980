import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import { inBatch } from './batch.ts';

/** Lets the event loop turn without a rest, as it does under load. */
async function keepBusy(): Promise<void> {
  await new Promise<void>(inBatch);
}

/** Tries until it was so so many times: on a busy machine the process may be held up for longer than a batch waits. */
async function happens(times: number, mostTries: number, attempt: () => Promise<boolean>): Promise<void> {
  let left = times;
  for (let tries = 0; left > 0 && tries < mostTries; tries += 1) if (await attempt()) left -= 1;
  assert.equal(left, 0);
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
  const gathers = async () => {
    await keepBusy();
    const done: string[] = [];
    inBatch(() => done.push('first turn'));
    await nextTurn();
    const isPutOff = done.length === 0;
    inBatch(() => done.push('second turn'));
    await new Promise<void>(inBatch);
    assert.deepEqual(done, ['first turn', 'second turn']);
    return isPutOff;
  };
  await happens(1, 500, gathers);
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
  const isDoneAtOnce = async () => {
    await sleep(10);
    let isDone = false;
    inBatch(() => {
      isDone = true;
    });
    await nextTurn();
    return isDone;
  };
  await happens(20, 40, isDoneAtOnce);
});
