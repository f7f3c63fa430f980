import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer, Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { writeInBatch } from './batched-writes.ts';
import { closeLingering } from './close-lingering.ts';

/** Two ends of a connection. */
async function openPair(t: TestContext): Promise<{ socket: Socket; peer: Socket }> {
  const server = createServer({ allowHalfOpen: true }).listen(0, '127.0.0.1');
  t.after(() => server.close());
  await once(server, 'listening');
  const address = server.address();
  assert.ok(address !== null && typeof address === 'object');
  const peer = connect({ port: address.port, host: '127.0.0.1', allowHalfOpen: true });
  const [[socket]] = await Promise.all([once(server, 'connection'), once(peer, 'connect')]);
  assert.ok(socket instanceof Socket);
  for (const end of [socket, peer]) {
    end.on('error', () => {});
    t.after(() => end.destroy());
  }
  return { socket, peer };
}

async function readAll(socket: Socket): Promise<string> {
  let text = '';
  for await (const chunk of socket) text += chunk;
  return text;
}

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
