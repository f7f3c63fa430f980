import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { openProxy } from './proxy.ts';
import { answer, openClient, openDestination, until, untilSteady } from './sockets.ts';

const rules = ['127.0.0.2'];

for (const [what, request] of [
  ['TRACE', `TRACE http://127.0.0.2/ HTTP/1.1\r\nHost: x\r\nMax-Forwards: 0\r\nX: ${'x'.repeat(60_000)}\r\n\r\n`],
  ['requests that are denied', 'GET http://192.0.2.1/ HTTP/1.1\r\nHost: x\r\n\r\n'],
] as const) {
  test(`own answers: a client that sends ${what} without end and reads no answer has to wait`, async (t) => {
    const proxy = await openProxy(t, { rules });
    const client = await openClient(t, proxy.port);
    client.socket.pause();
    client.socket.write(request.repeat(Math.ceil(40_000_000 / request.length)));
    await untilSteady(() => client.socket.bytesWritten);
    assert.ok(client.socket.writableLength > 0, 'everything was taken from the client');
  });
}

test('own answers: the line of a request has a method that is bounded', async (t) => {
  const proxy = await openProxy(t, { rules });
  const client = await openClient(t, proxy.port);
  client.socket.write(`${'A'.repeat(50_000)} http://127.0.0.2/ HTTP/1.1\r\nHost: x\r\n\r\n`);
  await client.end();
  const { method } = await proxy.waitForLine({ status: 400 });
  assert.equal(String(method).length, 303);
});

const most = 100;
for (const [what, pieces] of [
  ['an empty line', ['\r\n']],
  ['an empty line in two pieces', ['\r', '\n']],
  ['one empty line after the other', Array(most).fill('\r\n')],
] as const) {
  test(`own answers: ${what} behind a body is no request: nobody gets 408 for it, nor more time`, async (t) => {
    const destination = await openDestination(t, answer('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'));
    const proxy = await openProxy(t, { rules, settings: { httpHeaderTimeout: 100, httpKeepAliveTimeout: 400 } });
    const client = await openClient(t, proxy.port);
    client.socket.write(`POST http://${destination.authority}/ HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc`);
    await client.waitFor('ok');
    const end = client.end();
    for (const piece of pieces) {
      client.socket.write(piece);
      await Promise.race([end, delay(100)]);
      if (client.socket.readableEnded) break;
    }
    assert.ok(client.socket.readableEnded || pieces.length < most);
    assert.match(await end, /^HTTP\/1\.1 200 OK\r\n(.*\r\n)+\r\nok$/);
    const line = await proxy.waitForLine({ msg: 'a client connection is closed' });
    assert.equal(line.reason, 'no request within the keep-alive timeout');
  });
}

test('own answers: CONNECT behind another request, whose client finishes before the tunnel is open, is 400', async (t) => {
  const found = Promise.withResolvers<void>();
  const destination = await openDestination(t, answer('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'));
  const proxy = await openProxy(t, { rules, hosts: { 'slow.example': ['127.0.0.2'] }, lookUp: () => found.promise });
  const client = await openClient(t, proxy.port);
  client.socket.end(
    `GET http://slow.example:${destination.port}/ HTTP/1.1\r\nHost: x\r\n\r\nCONNECT ${destination.authority} HTTP/1.1\r\nHost: x\r\n\r\nhello`,
  );
  await until(() => proxy.lookedUp.length === 1);
  await new Promise((resolve) => setTimeout(resolve, 50));
  found.resolve();
  assert.deepEqual((await client.end()).match(/HTTP\/1\.1 \d+/g), ['HTTP/1.1 200', 'HTTP/1.1 400']);
  assert.doesNotMatch(destination.received(), /hello/);
});

test('own answers: TLS to the port of the proxy is 400, and the page and the log say what it is', async (t) => {
  const proxy = await openProxy(t, { rules });
  const client = await openClient(t, proxy.port);
  client.socket.write('\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03', 'latin1');
  assert.match(
    await client.end(),
    /^HTTP\/1\.1 400 (.*\r\n)+\r\n400 Bad Request\negress-router: this is TLS where plain HTTP is spoken\n$/,
  );
  assert.equal((await proxy.waitForLine({ status: 400 })).reason, 'this is TLS where plain HTTP is spoken');
});
