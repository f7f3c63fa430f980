import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import { dial } from './dial.ts';
import { releaseRead } from './frugal-reads.ts';
import { parseIpAddress } from './ip-address.ts';
import { splice } from './splice.ts';

const loopback = parseIpAddress('127.0.0.1') ?? assert.fail();

async function listen(t: TestContext, onConnection: (socket: Socket) => void): Promise<number> {
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    t.after(() => socket.destroy());
    onConnection(socket.on('error', () => {}));
  }).listen(0, '127.0.0.1');
  t.after(() => server.close());
  await once(server, 'listening');
  const address = server.address();
  assert.ok(address !== null && typeof address === 'object');
  return address.port;
}

/** As many bytes as nobody else sends in this order. */
function bytesOf(sender: number, length: number): Buffer {
  const bytes = Buffer.alloc(length);
  for (let at = 0; at + 4 <= length; at += 4) bytes.writeUInt32LE((Math.imul(at + 1, 2654435761) ^ Math.imul(sender + 1, 40503)) >>> 0, at);
  return bytes;
}

const digest = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');

/** How much each sender sends. */
const sizes = Array.from({ length: 24 }, (_, sender) => (sender % 3 === 0 ? 5_000_000 : sender % 3 === 1 ? 300_000 : 900));

/** Reads to the end; a slow reader rests behind each chunk. Returns the digest. */
async function readToEnd(socket: Socket, isSlow: boolean): Promise<string> {
  const chunks: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => {
    chunks.push(chunk);
    if (!isSlow) return;
    socket.pause();
    setTimeout(() => socket.resume(), 2);
  });
  await once(socket, 'end');
  return digest(Buffer.concat(chunks));
}

test('frugalReads: many connections at once, to fast and slow readers, each carry their own bytes, all and in order', {
  timeout: 60_000,
}, async (t) => {
  const upstream = await listen(t, (socket) =>
    socket.once('data', (chunk) => {
      const sender = Number(chunk);
      socket.end(bytesOf(sender, sizes[sender] ?? 0));
    }),
  );
  const router = await listen(t, async (client) => {
    splice(client, await dial(loopback, upstream, { timeout: 5_000 }), { idleTimeout: 30_000 });
  });
  const received = sizes.map(async (_, sender) => {
    const client = await dial(loopback, router, { timeout: 5_000 });
    client.end(String(sender));
    return readToEnd(client, sender % 2 === 0);
  });
  assert.deepEqual(
    await Promise.all(received),
    sizes.map((size, sender) => digest(bytesOf(sender, size))),
  );
});

test('releaseRead: many uploads at once, to fast and slow readers, each carry their own bytes, all and in order', {
  timeout: 60_000,
}, async (t) => {
  const received: Promise<string>[] = [];
  const upstream = await listen(t, (socket) => {
    received.push(readToEnd(socket, received.length % 2 === 0));
    socket.once('end', () => socket.end());
  });
  const router = await listen(t, async (client) => {
    client.pause();
    splice(client, await dial(loopback, upstream, { timeout: 5_000 }), { idleTimeout: 30_000 });
  });
  const sent = sizes.map(async (size, sender) => {
    const client = await dial(loopback, router, { timeout: 5_000 });
    client.end(bytesOf(sender, size));
    await once(client.resume(), 'end');
  });
  await Promise.all(sent);
  assert.deepEqual((await Promise.all(received)).sort(), sizes.map((size, sender) => digest(bytesOf(sender, size))).sort());
});

test('frugalReads: what comes before somebody listens waits', async (t) => {
  const sent = bytesOf(0, 1_000_000);
  const port = await listen(t, (socket) => socket.end(sent));
  const socket = await dial(loopback, port, { timeout: 5_000 });
  await new Promise((resolve) => setTimeout(resolve, 50));
  const chunks = await socket.toArray();
  assert.equal(digest(Buffer.concat(chunks)), digest(sent));
});

test('frugalReads: a reader that pauses holds the sender, and bytes that are put back come first', async (t) => {
  const sender = Promise.withResolvers<Socket>();
  const port = await listen(t, sender.resolve);
  const socket = await dial(loopback, port, { timeout: 5_000 });
  socket.pause();
  const peer = await sender.promise;
  peer.write(Buffer.alloc(64_000_000));
  for (let before = -1; peer.writableLength !== before; ) {
    before = peer.writableLength;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  assert.ok(peer.writableLength > 0);
  socket.unshift('first');
  const first = once(socket, 'data');
  socket.resume();
  assert.equal(String((await first)[0]), 'first');
});

test('releaseRead: a chunk that was released is written over, one that was not stays', async (t) => {
  const port = await listen(t, (socket) => {
    socket.write(Buffer.alloc(20_000_000, 1));
  });
  const socket = await dial(loopback, port, { timeout: 5_000 });
  const kept: Buffer[] = [];
  const buffers = new Set<ArrayBufferLike>();
  let total = 0;
  await new Promise<void>((resolve) => {
    socket.on('data', (chunk: Buffer) => {
      total += chunk.length;
      if (total < 10_000_000) {
        kept.push(chunk);
      } else {
        buffers.add(chunk.buffer);
        releaseRead(chunk);
      }
      if (total === 20_000_000) resolve();
    });
  });
  assert.ok(Buffer.concat(kept).every((byte) => byte === 1));
  assert.equal(new Set(kept.filter(({ buffer }) => buffers.has(buffer))).size, 0);
  // Ten million bytes by a handful of buffers: copies of small reads have each their own.
  assert.ok(buffers.size < 60, `${buffers.size}`);
});

test('releaseRead: a large chunk of an accepted socket gives its memory back, a small one does not', async (t) => {
  const accepted = Promise.withResolvers<Socket>();
  const client = await dial(loopback, await listen(t, accepted.resolve), { timeout: 5_000 });
  const socket = await accepted.promise;
  for (const [size, left] of [
    [50_000, 0],
    [20_000, 20_000],
    [900, 900],
  ] as const) {
    client.write(Buffer.alloc(size, 1));
    while (socket.readableLength < size) await new Promise((resolve) => setTimeout(resolve, 1));
    const chunk = socket.read(size);
    releaseRead(chunk);
    assert.equal(chunk.length, left);
  }
});
