import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { inBatch } from './batch.ts';
import { allSent, endInBatch, hasBacklog, writeInBatch } from './batched-writes.ts';
import { openPair, readAll } from './socket-pair.fixture.ts';

/** What the socket has handed to the kernel, in bytes. */
const handedOver = (socket: Socket) => socket.bytesWritten - socket.writableLength;

test('writeInBatch: a small piece waits for the batch', async (t) => {
  const { socket } = await openPair(t);
  assert.equal(writeInBatch(socket, 'caf\xe9'), true);
  assert.equal(handedOver(socket), 0);
  await new Promise<void>(inBatch);
  assert.equal(handedOver(socket), 4);
});

const rows: [what: string, write: (socket: Socket) => void, received: string][] = [
  [
    'pieces in their order, an octet for each character',
    (socket) => writeInBatch(socket, 'caf\xe9 ', Buffer.from('au lait')),
    'caf\xe9 au lait',
  ],
  [
    'other writes in their place',
    (socket) => {
      writeInBatch(socket, 'one ');
      socket.write('two ');
      writeInBatch(socket, 'three');
    },
    'one two three',
  ],
  [
    'what is large behind what is held',
    (socket) => {
      writeInBatch(socket, 'head ');
      writeInBatch(socket, Buffer.alloc(100_000, 'b'));
      writeInBatch(socket, ' tail');
    },
    `head ${'b'.repeat(100_000)} tail`,
  ],
  ['nothing of what was never written', () => {}, ''],
];
for (const [what, write, received] of rows) {
  test(`writeInBatch, endInBatch: the peer receives ${what}, and then the end`, async (t) => {
    const { socket, peer } = await openPair(t);
    write(socket);
    endInBatch(socket);
    assert.equal(await readAll(peer), received);
  });
}

test('writeInBatch: what is much leaves at once, alone, in pieces or together with what is held', async (t) => {
  const { socket } = await openPair(t);
  writeInBatch(socket, Buffer.alloc(20_000));
  assert.equal(handedOver(socket), 20_000);
  writeInBatch(socket, 'head', Buffer.alloc(20_000));
  assert.equal(handedOver(socket), 40_004);
  writeInBatch(socket, 'held');
  writeInBatch(socket, Buffer.alloc(20_000));
  assert.equal(handedOver(socket), 60_008);
});

test('writeInBatch: ending the socket sends what is held', async (t) => {
  const { socket, peer } = await openPair(t);
  writeInBatch(socket, 'last ');
  socket.end('words');
  assert.equal(await readAll(peer), 'last words');
});

test('writeInBatch: destroying the socket drops what is held, and the batch goes on', async (t) => {
  const { socket, peer } = await openPair(t);
  const other = await openPair(t);
  writeInBatch(socket, 'never');
  writeInBatch(other.socket, 'all the same');
  endInBatch(other.socket);
  socket.destroy();
  assert.equal(await readAll(peer), '');
  assert.equal(await readAll(other.peer), 'all the same');
});

test('hasBacklog: true as long as the peer does not read, and not for what waits for the batch', async (t) => {
  const { socket, peer } = await openPair(t);
  writeInBatch(socket, 'held');
  assert.equal(hasBacklog(socket), false);
  peer.pause();
  for (let size = 0; !hasBacklog(socket) && size < 100_000_000; size += 100_000) writeInBatch(socket, Buffer.alloc(100_000));
  assert.equal(hasBacklog(socket), true);
  assert.equal(writeInBatch(socket, 'behind'), false);
  assert.equal(hasBacklog(socket), true);
  peer.resume();
  await once(socket, 'drain');
  await sleep(1);
  assert.equal(hasBacklog(socket), false);
});

test('allSent: settles when the batch has left and the peer has read, and when the socket is closed instead', async (t) => {
  const { socket, peer } = await openPair(t);
  const seen: string[] = [];
  writeInBatch(socket, 'held');
  await allSent(socket);
  assert.equal(socket.writableLength, 0);
  peer.pause();
  while (!hasBacklog(socket)) writeInBatch(socket, Buffer.alloc(100_000));
  const sent = allSent(socket).then(() => seen.push('sent'));
  await sleep(20);
  assert.deepEqual(seen, []);
  peer.resume();
  await sent;
  assert.equal(socket.writableLength, 0);
  peer.pause();
  while (!hasBacklog(socket)) writeInBatch(socket, Buffer.alloc(100_000));
  const closed = allSent(socket);
  socket.destroy();
  await closed;
});
