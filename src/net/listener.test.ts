import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { test } from 'node:test';
import { createTcpServer, openListener } from './listener.ts';

test('openListener: accepts on both families, and on a port that is taken it throws what listen(2) does', async (t) => {
  const listener = await openListener(
    createTcpServer((socket) => socket.end('hello')),
    0,
    () => {},
  );
  t.after(() => listener.close(AbortSignal.abort()));
  for (const host of ['127.0.0.1', '::1']) {
    const [greeting] = await once(connect(listener.port, host), 'data');
    assert.equal(String(greeting), 'hello');
  }
  await assert.rejects(
    openListener(
      createTcpServer(() => {}),
      listener.port,
      () => {},
    ),
    { code: 'EADDRINUSE' },
  );
});

test('close: no new connections, open ones go on until they end', async () => {
  const accepted = Promise.withResolvers<Socket>();
  const listener = await openListener(createTcpServer(accepted.resolve), 0, () => {});
  const client = connect(listener.port, '127.0.0.1');
  const socket = await accepted.promise;
  const closed = listener.close(new AbortController().signal);
  const [refused] = await once(connect(listener.port, '127.0.0.1'), 'error');
  assert.equal(refused.code, 'ECONNREFUSED');
  socket.end('last words');
  assert.equal(String((await once(client, 'data'))[0]), 'last words');
  client.end();
  socket.resume();
  await closed;
});

test('close: resets what is still open when the signal aborts', async () => {
  const accepted = Promise.withResolvers<Socket>();
  const listener = await openListener(createTcpServer(accepted.resolve), 0, () => {});
  const client = connect(listener.port, '127.0.0.1');
  await accepted.promise;
  const controller = new AbortController();
  const closed = listener.close(controller.signal);
  const reset = once(client, 'error');
  controller.abort();
  assert.equal((await reset)[0].code, 'ECONNRESET');
  await closed;
});

test('openListener: a reset of an accepted socket that nobody listens to leaves the listener serving', async (t) => {
  const sockets: Socket[] = [];
  const listener = await openListener(
    createTcpServer((socket) => sockets.push(socket.resume())),
    0,
    () => {},
  );
  t.after(() => listener.close(AbortSignal.abort()));
  const client = connect(listener.port, '127.0.0.1');
  await once(client, 'connect');
  client.resetAndDestroy();
  while (sockets[0]?.closed !== true) await new Promise(setImmediate);
  const again = connect(listener.port, '127.0.0.1');
  await once(again, 'connect');
  again.destroy();
});
