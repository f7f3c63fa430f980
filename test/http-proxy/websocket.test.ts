import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import { test } from 'node:test';
import { openProxy } from './proxy.ts';
import { answer, openClient, openDestination, statusOf } from './sockets.ts';
import { switching, upgrade } from './upgrade.ts';

const rules = ['127.0.0.2'];
test('WebSocket: a connection of its own is made for it, and it never serves another request', async (t) => {
  const ok = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';
  const destination = await openDestination(t, (socket: Socket) => {
    socket.on('data', (chunk) => {
      if (chunk.includes('GET /chat')) socket.write(switching);
      else if (chunk.includes('GET /plain')) socket.write(ok);
    });
  });
  const proxy = await openProxy(t, { rules });
  const plain = async () => {
    const client = await openClient(t, proxy.port);
    client.socket.write(`GET http://${destination.authority}/plain HTTP/1.1\r\nHost: x\r\n\r\n`);
    await client.waitFor('ok');
  };
  await plain();
  const client = await openClient(t, proxy.port);
  client.socket.write(upgrade(destination.authority));
  await client.waitFor('101');
  await plain();
  assert.equal(destination.sockets.length, 2);
  assert.equal(destination.sockets[0]?.bytesRead !== 0 && destination.sockets[1]?.bytesRead !== 0, true);
});

for (const [what, response, status] of [
  ['a refusal with a body', 'HTTP/1.1 401 Unauthorized\r\nContent-Length: 4\r\nWWW-Authenticate: Basic\r\n\r\nwho?', 401],
  ['a plain answer', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nwho?\r\n0\r\n\r\n', 200],
] as const) {
  test(`WebSocket: ${what} is relayed, and what the client sent early goes nowhere`, async (t) => {
    const destination = await openDestination(t, answer(response));
    const proxy = await openProxy(t, { rules });
    const client = await openClient(t, proxy.port);
    client.socket.write(`${upgrade(destination.authority)}GET http://${destination.authority}/smuggled HTTP/1.1\r\nHost: x\r\n\r\n`);
    const received = await client.end();
    assert.equal(statusOf(received), status);
    assert.match(received, /who\?/);
    assert.match(received, /\r\nConnection: close\r\n/);
    assert.doesNotMatch(destination.received(), /smuggled/);
  });
}

test('WebSocket: it is denied like every other request', async (t) => {
  const proxy = await openProxy(t, { rules });
  const client = await openClient(t, proxy.port);
  client.socket.write(upgrade('192.0.2.1'));
  const response = await client.end();
  assert.equal(statusOf(response), 403);
  assert.match(response, /no line of LIST allows it/);
});

for (const [what, request] of [
  ['to another protocol', (authority: string) => upgrade(authority).replace('Upgrade: WebSocket', 'Upgrade: h2c')],
  ['to several protocols', (authority: string) => upgrade(authority).replace('Upgrade: WebSocket', 'Upgrade: websocket, h2c')],
  ['in HTTP/1.0', (authority: string) => upgrade(authority).replace('HTTP/1.1', 'HTTP/1.0')],
  ['that Connection does not name', (authority: string) => upgrade(authority).replace('keep-alive, Upgrade', 'keep-alive')],
] as const) {
  test(`WebSocket: an upgrade ${what} is a plain request without Upgrade`, async (t) => {
    const destination = await openDestination(t, answer('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'));
    const proxy = await openProxy(t, { rules });
    const client = await openClient(t, proxy.port);
    client.socket.write(request(destination.authority));
    await client.waitFor('ok');
    assert.equal(statusOf(client.received()), 200);
    assert.doesNotMatch(destination.received(), /upgrade/i);
  });
}

for (const [what, first] of [
  ['GET', (url: string) => `GET ${url} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n`],
  ['POST', (url: string) => `POST ${url} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nContent-Length: 3\r\n\r\nabc`],
  [
    'OPTIONS for the router',
    (url: string) => `OPTIONS ${url} HTTP/1.1\r\nHost: x\r\nMax-Forwards: 0\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n`,
  ],
  ['a GET that is denied', () => 'GET http://192.0.2.1/ HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n'],
] as const) {
  test(`WebSocket: ${what} whose upgrade is declined is the last request of its connection, and what comes behind it is none`, async (t) => {
    const destination = await openDestination(t, answer('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'));
    const proxy = await openProxy(t, { rules });
    const url = `http://${destination.authority}`;
    const body = `GET ${url}/smuggled HTTP/1.1\r\nHost: x\r\n\r\n`;
    const client = await openClient(t, proxy.port);
    client.socket.write(`${first(`${url}/first`)}POST ${url}/second HTTP/1.1\r\nHost: x\r\nContent-Length: ${body.length}\r\n\r\n`);
    await client.waitFor('\r\n\r\n');
    client.socket.write(`${body}no HTTP\r\n\r\n`);
    const received = await client.end();
    assert.equal(received.match(/HTTP\/1\.1/g)?.length, 1);
    assert.match(received, /\r\nConnection: close\r\n/);
    assert.doesNotMatch(destination.received(), /second|smuggled/);
  });
}

test('WebSocket: a body that ends too early behind an upgrade that is declined is 400, as behind any other request', async (t) => {
  const destination = await openDestination(t);
  const proxy = await openProxy(t, { rules });
  const client = await openClient(t, proxy.port);
  client.socket.end(
    `POST http://${destination.authority}/ HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: h2c\r\nContent-Length: 3\r\n\r\na`,
  );
  assert.equal(statusOf(await client.end()), 400);
});

test('WebSocket: one that is answered otherwise ends when its client does not read', async (t) => {
  const body = 'x'.repeat(50_000_000);
  const destination = await openDestination(t, answer(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`));
  const proxy = await openProxy(t, { rules, settings: { idleTimeout: 2_000 } });
  const client = await openClient(t, proxy.port);
  client.socket.pause();
  client.socket.write(upgrade(destination.authority));
  // Not before the time that the destination has, and five seconds.
  await proxy.waitForLine({ reason: 'the client broke off', status: 200 });
});
