import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { test } from 'node:test';
import { openDeafListener } from './deaf-listener.fixture.ts';
import { dial } from './dial.ts';
import { type IpAddress, parseIpAddress } from './ip-address.ts';
import { createTcpServer, openListener } from './listener.ts';

const address = (text: string): IpAddress => {
  const parsed = parseIpAddress(text);
  assert.ok(parsed);
  return parsed;
};

for (const text of ['127.0.0.1', '::1']) {
  test(`dial: connects to ${text}, and the socket may be half-closed`, async (t) => {
    const accepted = Promise.withResolvers<Socket>();
    const listener = await openListener(createTcpServer(accepted.resolve), 0, () => {});
    t.after(() => listener.close(AbortSignal.abort()));
    const socket = await dial(address(text), listener.port, { timeout: 1_000 });
    const far = await accepted.promise;
    far.end('bye');
    await once(socket.resume(), 'end');
    socket.end('still here');
    assert.equal(String((await once(far, 'data'))[0]), 'still here');
  });
}

test('dial: a port without a listener is refused', async () => {
  const listener = await openListener(
    createTcpServer(() => {}),
    0,
    () => {},
  );
  await listener.close(AbortSignal.abort());
  await assert.rejects(dial(address('127.0.0.1'), listener.port, { timeout: 1_000 }), { kind: 'refused', message: /ECONNREFUSED/ });
});

test('dial: an address that the kernel does not route is unreachable', async () => {
  // The same on every machine: TCP has no broadcast.
  await assert.rejects(dial(address('255.255.255.255'), 80, { timeout: 1_000 }), { kind: 'unreachable' });
});

test('dial: a destination whose queue is full and that never answers is a timeout, told in whole milliseconds', async (t) => {
  const deaf = await openDeafListener();
  t.after(() => deaf.close());
  await assert.rejects(dial(address('127.0.0.1'), deaf.port, { timeout: 199.4 }), { kind: 'timeout', message: /within 200 ms$/ });
});

test('dial: an aborted signal ends it, before the dial as during it', async (t) => {
  await assert.rejects(dial(address('127.0.0.1'), 1, { timeout: 1_000, signal: AbortSignal.abort() }), { kind: 'aborted' });
  const deaf = await openDeafListener();
  t.after(() => deaf.close());
  const controller = new AbortController();
  const dialled = dial(address('127.0.0.1'), deaf.port, { timeout: 10_000, signal: controller.signal });
  controller.abort();
  await assert.rejects(dialled, { kind: 'aborted' });
});
