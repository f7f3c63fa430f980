import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer, Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import { GatheredWrites } from './gathered-writes.ts';

/** A socket whose writes are told, and what its peer has received. */
async function openSocket(t: TestContext) {
  const server = createServer().listen(0, '127.0.0.1');
  t.after(() => server.close());
  await once(server, 'listening');
  const address = server.address();
  assert.ok(address !== null && typeof address === 'object');
  const socket = connect(address.port, '127.0.0.1');
  t.after(() => socket.destroy());
  const [peer] = await once(server, 'connection');
  assert.ok(peer instanceof Socket);
  let received = '';
  peer.setEncoding('latin1').on('data', (text) => {
    received += text;
  });
  let writes = 0;
  const { write } = socket;
  socket.write = (...args: unknown[]) => {
    writes += 1;
    return Reflect.apply(write, socket, args);
  };
  return { socket, peer, received: () => received, writes: () => writes };
}

const rows: [what: string, pieces: readonly (string | Buffer)[], writes: number][] = [
  ['nothing', [], 0],
  ['one piece', ['head \xe9'], 1],
  ['a head and a small body', ['head \xe9', Buffer.from('body')], 1],
  ['a head and a large body', ['head', Buffer.alloc(60_000, 'b')], 2],
  ['thousands of tiny chunks', Array.from({ length: 30_000 }, () => 'x\r\n'), 1],
];
for (const [what, pieces, writes] of rows) {
  test(`GatheredWrites: ${what} leaves in order, by ${writes} writes`, async (t) => {
    const { socket, peer, received, writes: made } = await openSocket(t);
    const gathered = new GatheredWrites(socket);
    for (const piece of pieces) gathered.add(piece);
    gathered.flush();
    assert.equal(made(), writes);
    assert.equal(gathered.flush(), !socket.writableNeedDrain);
    socket.end();
    await once(peer, 'end');
    assert.equal(received(), pieces.map((piece) => (typeof piece === 'string' ? piece : piece.toString('latin1'))).join(''));
  });
}

test('GatheredWrites: a peer that does not read makes its writer wait', async (t) => {
  const { socket, peer } = await openSocket(t);
  peer.pause();
  const gathered = new GatheredWrites(socket);
  let wantsMore = true;
  for (let size = 0; wantsMore && size < 100_000_000; size += 100_000) {
    gathered.add(Buffer.alloc(100_000));
    wantsMore = gathered.flush();
  }
  assert.equal(wantsMore, false);
});
