import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { writeInBatch } from './batched-writes.ts';
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
