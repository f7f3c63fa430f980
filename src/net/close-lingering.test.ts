import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { setTimeout as delay, setImmediate as nextTurn } from 'node:timers/promises';
import { hasBacklog, writeInBatch } from './batched-writes.ts';
import { closeLingering } from './close-lingering.ts';
import { openPair, readAll } from './socket-pair.fixture.ts';

test('closeLingering: the peer gets the answer and the end, and can go on sending until it has ended too', async (t) => {
  const { socket, peer } = await openPair(t);
  writeInBatch(socket, 'answer');
  closeLingering(socket, 10_000);
  peer.write('more');
  assert.equal(await readAll(peer), 'answer');
  assert.equal(socket.destroyed, false);
  peer.end();
  await once(socket, 'close');
});

test('closeLingering: a peer that does not end is closed after the timeout', async (t) => {
  const { socket, peer } = await openPair(t);
  closeLingering(socket, 20);
  await once(socket, 'close');
  assert.equal(await readAll(peer), '');
});

// Of denied requests a half went unanswered with a linger timeout of 1 ms.
test('closeLingering: the answer leaves although the timeout is over before its batch', async (t) => {
  const { socket, peer } = await openPair(t);
  // Behind the sockets of a turn come its immediates, and then timers that are due before any batch.
  await nextTurn();
  writeInBatch(socket, 'answer');
  closeLingering(socket, 1);
  for (const begun = performance.now(); performance.now() - begun < 5; );
  assert.equal(await readAll(peer), 'answer');
});

// The last piece waited for its batch, and was dropped when the timeout was over: a client took what it had for the whole.
test('closeLingering: a peer that is slow to read gets everything, however short the timeout', async (t) => {
  const { socket, peer } = await openPair(t);
  let length = 0;
  const write = (bytes: number) => {
    length += bytes;
    writeInBatch(socket, Buffer.alloc(bytes, 'x'));
  };
  peer.pause();
  while (!hasBacklog(socket)) write(100_000);
  write(1_000);
  const closed = once(socket, 'close');
  closeLingering(socket, 1);
  await delay(100);
  assert.equal(socket.destroyed, false);
  assert.equal((await readAll(peer)).length, length);
  await closed;
});

test('closeLingering: a peer that has ended before is not waited for', async (t) => {
  const { socket, peer } = await openPair(t);
  peer.end();
  socket.resume();
  await once(socket, 'end');
  writeInBatch(socket, 'answer');
  const closed = once(socket, 'close');
  closeLingering(socket, 600_000);
  assert.equal(await readAll(peer), 'answer');
  await closed;
});
