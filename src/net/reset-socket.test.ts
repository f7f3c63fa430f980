import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import { writeInBatch } from './batched-writes.ts';
import { dial } from './dial.ts';
import { fromOctets } from './ip-address.ts';
import { resetSocket } from './reset-socket.ts';

/** A connection over loopback: this end, what the other has received, and what becomes of it: `end`, or the code of an error. */
async function openPair(t: TestContext): Promise<{ socket: Socket; received: () => string; peerSees: Promise<string> }> {
  const server = createServer({ allowHalfOpen: true }).listen(0, '127.0.0.1');
  t.after(() => server.close());
  await once(server, 'listening');
  const bound = server.address();
  assert.ok(bound !== null && typeof bound === 'object');
  let received = '';
  const peerSees = new Promise<string>((resolve) => {
    server.once('connection', (peer: Socket) => {
      peer.on('error', (error: NodeJS.ErrnoException) => resolve(`${error.code}`));
      peer.on('end', () => peer.end(() => resolve('end')));
      peer.on('data', (chunk) => {
        received += chunk;
      });
    });
  });
  return { socket: await dial(fromOctets([127, 0, 0, 1]), bound.port, { timeout: 1_000 }), received: () => received, peerSees };
}

const closed = (socket: Socket) => new Promise((resolve) => socket.once('close', resolve));

test('resetSocket: the peer of an open connection sees a reset, also with bytes that are not written yet', async (t) => {
  const idle = await openPair(t);
  resetSocket(idle.socket);
  assert.equal(await idle.peerSees, 'ECONNRESET');
  const busy = await openPair(t);
  busy.socket.end(Buffer.alloc(32 << 20));
  resetSocket(busy.socket);
  assert.equal(await busy.peerSees, 'ECONNRESET');
});

// A tunnel's destination that answered and reset at once: its client missed the answer in a third of all runs.
test('resetSocket: what was written before leaves before, although its batch has not come', async (t) => {
  const { socket, received, peerSees } = await openPair(t);
  writeInBatch(socket, 'answer');
  resetSocket(socket);
  assert.equal(await peerSees, 'ECONNRESET');
  assert.equal(received(), 'answer');
});

test('resetSocket: a socket that is just shutting down closes, where resetAndDestroy leaves it open for ever', async (t) => {
  for (const defer of [(then: () => void) => then(), process.nextTick, setImmediate]) {
    const { socket, peerSees } = await openPair(t);
    socket.end();
    defer(() => resetSocket(socket));
    await closed(socket);
    assert.match(await peerSees, /^(end|ECONNRESET)$/);
  }
});

test('resetSocket: a socket that is closed stays closed', async (t) => {
  const { socket } = await openPair(t);
  socket.destroy();
  await closed(socket);
  resetSocket(socket);
  assert.equal(socket.destroyed, true);
});
