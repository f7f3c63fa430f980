import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type Server, type Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import { createTcpServer, openListener } from './listener.ts';
import { type SpliceOptions, splice } from './splice.ts';

/** `client` and `destination` are the far ends of the two sockets that are spliced. */
async function spliced(t: TestContext, options: Partial<SpliceOptions> = {}) {
  const clientPair = await socketPair(t);
  const upstreamPair = await socketPair(t);
  const result = splice(clientPair.accepted, upstreamPair.far, { idleTimeout: 10_000, ...options });
  return { client: clientPair.far, destination: upstreamPair.accepted, near: clientPair.accepted, upstream: upstreamPair.far, result };
}

async function socketPair(t: TestContext) {
  const accepted = Promise.withResolvers<Socket>();
  const server: Server = createTcpServer(accepted.resolve);
  const listener = await openListener(server, 0, () => {});
  t.after(() => listener.close(AbortSignal.abort()));
  const far = connect({ port: listener.port, host: '127.0.0.1', allowHalfOpen: true, noDelay: true });
  far.on('error', () => {});
  t.after(() => far.destroy());
  return { far, accepted: await accepted.promise };
}

async function readAll(socket: Socket): Promise<string> {
  let text = '';
  for await (const chunk of socket.iterator({ destroyOnReturn: false })) text += chunk;
  return text;
}

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
  const clientPair = await socketPair(t);
  const upstreamPair = await socketPair(t);
  clientPair.accepted.destroy();
  await once(clientPair.accepted, 'close');
  const reset = once(upstreamPair.accepted, 'error');
  const result = await splice(clientPair.accepted, upstreamPair.far, { idleTimeout: 10_000 });
  assert.deepEqual(result, { bytesUp: 0, bytesDown: 0, reason: 'closed' });
  assert.equal((await reset)[0].code, 'ECONNRESET');
});

test('splice: the gate holds the first bytes until it passes them unchanged, while the destination may speak', async (t) => {
  const { client, destination, result } = await spliced(t, {
    gate: { judge: (bytes) => (bytes.length < 4 ? 'hold' : 'pass'), holdTimeout: 10_000 },
  });
  client.write('ab');
  destination.write('banner');
  await once(client, 'data');
  assert.equal(destination.bytesRead, 0);
  client.end('cdef');
  assert.equal(await readAll(destination), 'abcdef');
  destination.end();
  assert.deepEqual(await result, { bytesUp: 6, bytesDown: 6, reason: 'ended' });
});

for (const [how, finish] of [
  ['the hold timeout', () => {}],
  ['the end of the client', (client: Socket) => client.end()],
] as const) {
  test(`splice: ${how} makes the gate's verdict final`, async (t) => {
    const finals: boolean[] = [];
    const judge = (_: Buffer, final: boolean) => {
      finals.push(final);
      return final ? 'pass' : 'hold';
    };
    const { client, destination } = await spliced(t, { gate: { judge, holdTimeout: how === 'the hold timeout' ? 50 : 10_000 } });
    client.write('ab');
    finish(client);
    assert.equal(String((await once(destination, 'data'))[0]), 'ab');
    assert.deepEqual(finals, [false, true]);
  });
}

test('splice: a gate that says close lets nothing through and gives the client its last bytes', async (t) => {
  const { client, destination, result } = await spliced(t, {
    gate: { judge: () => ({ close: Buffer.from('no') }), holdTimeout: 10_000 },
  });
  client.write('secret');
  const [received, sent] = await Promise.all([readAll(client), readAll(destination).catch(() => '')]);
  assert.deepEqual([received, sent], ['no', '']);
  assert.equal((await result).reason, 'refused');
});
