import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { openPair } from './socket-pair.fixture.ts';
import { splice } from './splice.ts';
import { readAll, spliced } from './spliced.fixture.ts';

test('splice: delivers the end of each direction and keeps the other open, and counts the bytes of both', async (t) => {
  const { client, destination, result } = await spliced(t);
  client.end('question');
  assert.equal(await readAll(destination), 'question');
  destination.end('late answer');
  assert.equal(await readAll(client), 'late answer');
  assert.deepEqual(await result, { bytesUp: 8, bytesDown: 11, reason: 'ended' });
});

for (const [side, reason] of [
  ['client', 'client-reset'],
  ['destination', 'upstream-reset'],
] as const) {
  test(`splice: a reset of the ${side} resets the other side`, async (t) => {
    const ends = await spliced(t);
    ends.client.write('x');
    await once(ends.destination, 'data');
    const other = side === 'client' ? ends.destination : ends.client;
    const error = once(other, 'error');
    ends[side].resetAndDestroy();
    assert.equal((await error)[0].code, 'ECONNRESET');
    assert.deepEqual(await ends.result, { bytesUp: 1, bytesDown: 0, reason });
  });
}

test('splice: a slow reader stops the sender, and everything arrives once it reads', async (t) => {
  const { client, destination, near, upstream, result } = await spliced(t);
  // More than the kernel's buffers take.
  const size = 64 * 1024 * 1024;
  destination.pause();
  client.end(Buffer.alloc(size, 'b'));
  for (let before = -1; near.bytesRead !== before || !near.isPaused(); ) {
    before = near.bytesRead;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  assert.ok(near.bytesRead < size, `all of ${size} bytes were read`);
  assert.ok(upstream.writableLength <= 2 * 64 * 1024, `${upstream.writableLength} bytes wait`);
  let received = 0;
  destination.on('data', (chunk) => {
    received += chunk.length;
  });
  destination.on('end', () => destination.end());
  destination.resume();
  client.resume();
  assert.deepEqual(await result, { bytesUp: size, bytesDown: 0, reason: 'ended' });
  assert.equal(received, size);
});

test('splice: bytes in either direction put the idle timeout off, and without any both sides are closed', async (t) => {
  const { client, destination, result } = await spliced(t, { idleTimeout: 1_000 });
  const started = performance.now();
  for (let count = 0; count < 5; count += 1) {
    const [from, to] = count % 2 === 0 ? [client, destination] : [destination, client];
    await new Promise((resolve) => setTimeout(resolve, 300));
    from.write('x');
    await once(to, 'data', { signal: AbortSignal.timeout(5_000) });
  }
  assert.deepEqual(await result, { bytesUp: 3, bytesDown: 2, reason: 'idle' });
  assert.ok(performance.now() - started >= 2_490);
});

test('splice: a socket that closed before the splice began ends the other with a reset', async (t) => {
  const clientPair = await openPair(t);
  const upstreamPair = await openPair(t);
  clientPair.peer.destroy();
  await once(clientPair.peer, 'close');
  const reset = once(upstreamPair.peer, 'error');
  const result = await splice(clientPair.peer, upstreamPair.socket, { idleTimeout: 10_000 });
  assert.deepEqual(result, { bytesUp: 0, bytesDown: 0, reason: 'closed' });
  assert.equal((await reset)[0].code, 'ECONNRESET');
});
