import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import type { Socket } from 'node:net';
import { test } from 'node:test';
import { hasBacklog } from '../../src/net/batched-writes.ts';
import { openProxy, recordingDial } from './proxy.ts';
import { answer, openClient, openDestination, statusOf, until, untilSteady } from './sockets.ts';

const rules = ['127.0.0.2'];
const key = 'dGhlIHNhbXBsZSBub25jZQ==';
const accept = createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
const switching = `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`;

const upgrade = (authority: string, ...lines: string[]) =>
  [
    `GET http://${authority}/chat HTTP/1.1`,
    'Host: x',
    'Connection: keep-alive, Upgrade',
    'Upgrade: WebSocket',
    `Sec-WebSocket-Key: ${key}`,
    'Sec-WebSocket-Version: 13',
    ...lines,
    '',
    '',
  ].join('\r\n');

test('WebSocket: 101 is relayed with its fields, then bytes flow both ways, what came early included', async (t) => {
  const destination = await openDestination(t, answer(`${switching}first frame`));
  const proxy = await openProxy(t, { rules });
  const client = await openClient(t, proxy.port);
  client.socket.write(`${upgrade(destination.authority)}early frame`);
  await client.waitFor('first frame');
  const head = client.received();
  assert.match(head, /^HTTP\/1\.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n/);
  assert.ok(head.includes(`Sec-WebSocket-Accept: ${accept}\r\n`));
  await until(() => destination.received().endsWith('early frame'));
  assert.match(
    destination.received(),
    /^GET \/chat HTTP\/1\.1\r\nHost: .*\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: /,
  );
  client.socket.end('bye');
  await until(() => destination.sockets[0]?.readableEnded === true);
  destination.sockets[0]?.end('bye too');
  assert.match(await client.end(), /bye too$/);
  const line = await proxy.waitForLine({ msg: 'tunnel', method: 'GET' });
  assert.deepEqual([line.status, line.bytesUp, line.bytesDown, line.reason], [101, 14, 18, 'ended']);
});

test('WebSocket: bytes of the client are held until 101', async (t) => {
  const destination = await openDestination(t);
  const proxy = await openProxy(t, { rules });
  const client = await openClient(t, proxy.port);
  client.socket.write(`${upgrade(destination.authority)}GET http://${destination.authority}/smuggled HTTP/1.1\r\nHost: x\r\n\r\n`);
  await until(() => destination.received().includes('\r\n\r\n'));
  await new Promise((resolve) => setTimeout(resolve, 50));
  assert.doesNotMatch(destination.received(), /smuggled/);
  destination.sockets[0]?.write(switching);
  await until(() => destination.received().includes('smuggled'));
});

test('WebSocket: a client that finishes before 101 gets what the destination sends, which gets what the client had sent', async (t) => {
  const destination = await openDestination(t);
  const proxy = await openProxy(t, { rules });
  const client = await openClient(t, proxy.port);
  client.socket.end(`${upgrade(destination.authority)}early frame`);
  await until(() => destination.received().includes('\r\n\r\n'));
  await new Promise((resolve) => setTimeout(resolve, 50));
  const [upstream] = destination.sockets;
  assert.ok(upstream);
  upstream.once('end', () => upstream.end('late frame'));
  upstream.write(switching);
  assert.match(await client.end(), /\r\n\r\nlate frame$/);
  assert.ok(destination.received().endsWith('\r\n\r\nearly frame'));
});

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

test('WebSocket: 101 to another protocol is 502, and 101 that nobody asked for too', async (t) => {
  const other = await openDestination(t, answer('HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n'));
  const proxy = await openProxy(t, { rules });
  for (const request of [upgrade(other.authority), `GET http://${other.authority}/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`]) {
    const client = await openClient(t, proxy.port);
    client.socket.write(request);
    assert.equal(statusOf(await client.end()), 502);
  }
});

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

test('WebSocket: back-pressure holds the destination when the client does not read', async (t) => {
  const destination = await openDestination(t, answer(switching));
  const proxy = await openProxy(t, { rules });
  const client = await openClient(t, proxy.port);
  client.socket.write(upgrade(destination.authority));
  await client.waitFor('101');
  client.socket.pause();
  const [upstream] = destination.sockets;
  assert.ok(upstream);
  const size = 64 * 1024 * 1024;
  upstream.write(Buffer.alloc(size, 'x'));
  await untilSteady(() => upstream.bytesWritten);
  assert.ok(upstream.writableLength > 0);
  client.socket.resume();
  await until(() => upstream.writableLength === 0);
});

test('WebSocket: what the client sent last arrives, although it and the destination have finished sending', async (t) => {
  let received = 0;
  const destination = await openDestination(t, (socket) => {
    socket.removeAllListeners('data');
    socket.once('data', () => {
      socket.pause();
      socket.end(`${switching}bye`);
    });
  });
  const upstreams: Socket[] = [];
  const proxy = await openProxy(t, { rules, dial: recordingDial(upstreams) });
  const client = await openClient(t, proxy.port);
  client.socket.write(upgrade(destination.authority));
  await client.waitFor('bye');
  const [upstream] = upstreams;
  assert.ok(upstream);
  let sent = 0;
  for (; !hasBacklog(upstream) && sent < 50_000_000; sent += 16_384) {
    client.socket.write(Buffer.alloc(16_384));
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  client.socket.end();
  await until(() => client.socket.closed);
  const [slow] = destination.sockets;
  assert.ok(slow);
  slow.on('data', (chunk) => {
    received += chunk.length;
  });
  slow.resume();
  await until(() => slow.readableEnded);
  assert.equal(received, sent);
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
