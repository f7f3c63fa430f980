import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import type { Settings } from '../../src/config/settings.ts';
import { forms } from './forms.ts';
import { openProxy } from './proxy.ts';
import { answer, openClient, openDestination, statusOf, until } from './sockets.ts';

/** Both ways to ask for one of our destinations, over both families. IPv6 has one loopback address only, which a rule names. */
const rules = ['127.0.0.2', '::1'];
const families = [
  { host: '127.0.0.1', destination: '127.0.0.2' },
  { host: '::1', destination: '[::1]' },
] as const;
const ok = 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello';
const tooMany =
  /\r\nProxy-Status: egress-router; error=http_request_denied; details="the client has as many (tunnels as EGRESS_HTTP_PROXY_CLIENT_TUNNELS|requests as EGRESS_HTTP_PROXY_CLIENT_REQUESTS) allows at once: 2"\r\nRetry-After: 5\r\n/;

for (const { host, destination: name } of families) {
  test(`limits: a client that has as many tunnels as it may gets 429 for the next one, until one has ended (${host})`, async (t) => {
    const destination = await openDestination(t, answer('HTTP/1.1 101 x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n'));
    const proxy = await openProxy(t, { rules, settings: { httpClientTunnels: 2 } });
    const to = `${name}:${destination.port}`;
    const connect = `CONNECT ${to} HTTP/1.1\r\nHost: x\r\n\r\n`;
    const webSocket = `GET http://${to}/ HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n`;
    const open = async (bytes: string) => {
      const client = await openClient(t, proxy.port, { host });
      client.socket.write(bytes);
      return client;
    };
    const first = await open(connect);
    await first.waitFor('HTTP/1.1 200');
    await (await open(webSocket)).waitFor('HTTP/1.1 101');
    for (const bytes of [connect, webSocket]) {
      const response = await (await open(bytes)).end();
      assert.equal(statusOf(response), 429);
      assert.match(response, tooMany);
    }
    assert.equal(
      (await proxy.waitForLine({ status: 429 })).reason,
      'the client has as many tunnels as EGRESS_HTTP_PROXY_CLIENT_TUNNELS allows at once: 2',
    );
    assert.equal(destination.sockets.length, 2);
    // A request is no tunnel.
    const request = await open(`GET http://192.0.2.1/ HTTP/1.1\r\nHost: x\r\n\r\n`);
    await request.waitFor('HTTP/1.1 403');
    first.socket.destroy();
    destination.sockets[0]?.end();
    await proxy.waitForLine({ msg: 'tunnel', status: 200 });
    await (await open(connect)).waitFor('HTTP/1.1 200');
  });

  test(`limits: a client that has as many requests as it may gets 429, and keeps its connection (${host})`, async (t) => {
    const destination = await openDestination(t);
    const proxy = await openProxy(t, { rules, settings: { httpClientRequests: 2 } });
    const get = `GET http://${name}:${destination.port}/ HTTP/1.1\r\nHost: x\r\n\r\n`;
    const busy = [await openClient(t, proxy.port, { host }), await openClient(t, proxy.port, { host })];
    for (const client of busy) client.socket.write(get);
    await until(() => destination.sockets.length === 2);
    const refused = await openClient(t, proxy.port, { host });
    refused.socket.write(get);
    await refused.waitFor('HTTP/1.1 429');
    assert.match(refused.received(), tooMany);
    assert.doesNotMatch(refused.received(), /\r\nConnection: close\r\n/);
    for (const socket of destination.sockets) socket.write(ok);
    for (const client of busy) await client.waitFor('hello');
    destination.sockets[0]?.on('data', () => destination.sockets[0]?.write(ok));
    destination.sockets[1]?.on('data', () => destination.sockets[1]?.write(ok));
    refused.socket.write(get);
    await refused.waitFor('hello');
  });

  test(`limits: with as many connections as may be, the next client gets 503 for whatever it sends (${host})`, async (t) => {
    const destination = await openDestination(t, answer(ok));
    const proxy = await openProxy(t, { rules, settings: { httpConnections: 2, httpLingerTimeout: 1_000 } });
    const to = `${name}:${destination.port}`;
    const served = [await openClient(t, proxy.port, { host }), await openClient(t, proxy.port, { host })];
    for (const client of served) {
      client.socket.write(`CONNECT ${to} HTTP/1.1\r\nHost: x\r\n\r\n`);
      await client.waitFor('HTTP/1.1 200');
    }
    for (const bytes of [
      `GET http://${to}/ HTTP/1.1\r\nHost: x\r\n\r\n`,
      `CONNECT ${to} HTTP/1.1\r\nHost: x\r\n\r\n`,
      '\x16\x03\x01',
      'G',
    ]) {
      const client = await openClient(t, proxy.port, { host });
      client.socket.write(bytes);
      const response = await client.end();
      assert.equal(statusOf(response), 503);
      assert.match(
        response,
        /error=proxy_internal_response; details="the router serves 2 client connections.*"\r\nRetry-After: 5\r\nConnection: close\r\n/,
      );
    }
    // One that says nothing is not waited for.
    assert.equal(await (await openClient(t, proxy.port, { host })).end(), '');
    assert.equal(proxy.lines.filter(({ status }) => status === 503).length, 4);
    assert.equal(proxy.lines.filter(({ level }) => level === 'warn').length, 1);
    assert.equal((await proxy.waitForLine({ level: 'warn' })).connections, 2);
    // Those that were there go on.
    served[0]?.socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
    await served[0]?.waitFor('hello');
    served[1]?.socket.resetAndDestroy();
    await proxy.waitForLine({ msg: 'clients are no longer turned away', connections: 1 });
    const client = await openClient(t, proxy.port, { host });
    client.socket.write(`GET http://${to}/ HTTP/1.1\r\nHost: x\r\n\r\n`);
    await client.waitFor('hello');
  });
}

test('limits: what one client has does not count for another', async (t) => {
  const destination = await openDestination(t);
  const proxy = await openProxy(t, { rules, settings: { httpClientTunnels: 1, httpClientRequests: 1 } });
  const connect = `CONNECT 127.0.0.2:${destination.port} HTTP/1.1\r\nHost: x\r\n\r\n`;
  for (const localAddress of ['127.0.0.1', '127.0.0.3']) {
    const [tunnel, second] = [await openClient(t, proxy.port, { localAddress }), await openClient(t, proxy.port, { localAddress })];
    tunnel.socket.write(connect);
    await tunnel.waitFor('HTTP/1.1 200');
    second.socket.write(connect);
    await second.waitFor('HTTP/1.1 429');
  }
});

for (const [what, rest] of [
  ['that have sent nothing', ''],
  ['that have sent a part of a head', 'GET http://'],
  ['that are kept after an answer', 'GET http://192.0.2.1/ HTTP/1.1\r\nHost: x\r\n\r\n'],
] as const) {
  test(`limits: one client's connections ${what} do not shut the others out, and what is under way is not touched`, async (t) => {
    const destination = await openDestination(t, answer(ok));
    const proxy = await openProxy(t, { rules, settings: { httpConnections: 3 } });
    const tunnel = await openClient(t, proxy.port);
    tunnel.socket.write(`CONNECT ${destination.authority} HTTP/1.1\r\nHost: x\r\n\r\n`);
    await tunnel.waitFor('HTTP/1.1 200');
    const greedy = await Promise.all([1, 2].map(() => openClient(t, proxy.port, { localAddress: '127.0.0.9' })));
    for (const { socket } of greedy) socket.write(rest);
    await delay(1_100);
    const others = [await openClient(t, proxy.port), await openClient(t, proxy.port)];
    for (const other of others) {
      other.socket.write(`GET http://${destination.authority}/ HTTP/1.1\r\nHost: x\r\n\r\n`);
      await other.waitFor('hello');
    }
    for (const client of greedy) await client.end();
    assert.equal((await proxy.waitForLine({ client: '127.0.0.9', msg: 'a client connection is closed' })).reason, 'its place was needed');
    assert.equal(proxy.lines.filter(({ level }) => level === 'warn').length, 0);
    // These have not rested long enough.
    const late = await openClient(t, proxy.port);
    late.socket.write('G');
    assert.equal(statusOf(await late.end()), 503);
    tunnel.socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
    await tunnel.waitFor('hello');
  });
}

test('limits: a client in the middle of a head gives way only when nobody rests', async (t) => {
  const proxy = await openProxy(t, { rules, settings: { httpConnections: 3 } });
  const [silent, slow, kept] = await Promise.all([openClient(t, proxy.port), openClient(t, proxy.port), openClient(t, proxy.port)]);
  const denied = 'GET http://192.0.2.1/ HTTP/1.1\r\nHost: x\r\n\r\n';
  slow.socket.write(denied.slice(0, 20));
  kept.socket.write(denied);
  await kept.waitFor('HTTP/1.1 403');
  await delay(1_100);
  for (let count = 0; count < 2; count++) {
    const other = await openClient(t, proxy.port);
    other.socket.write(denied);
    await other.waitFor('HTTP/1.1 403');
  }
  await Promise.all([silent.end(), kept.end()]);
  slow.socket.write(denied.slice(20));
  await slow.waitFor('HTTP/1.1 403');
});

test('limits: a flood beyond the refusals that there is room for is closed unanswered, and those that are served go on', async (t) => {
  const destination = await openDestination(t, (socket) => socket.on('data', (chunk) => socket.write(chunk)));
  // Room for two clients and one refusal.
  const proxy = await openProxy(t, { rules, descriptors: { limit: 16, open: 10 } });
  const tunnel = await openClient(t, proxy.port);
  tunnel.socket.write(`CONNECT ${destination.authority} HTTP/1.1\r\nHost: x\r\n\r\n`);
  await tunnel.waitFor('HTTP/1.1 200');
  const flood = await Promise.all(Array.from({ length: 20 }, () => openClient(t, proxy.port)));
  await until(() => flood.filter(({ socket }) => socket.readableEnded || socket.closed).length >= 18);
  for (const { received } of flood) assert.equal(received(), '');
  tunnel.socket.write('still there?');
  await tunnel.waitFor('still there?');
  assert.equal(proxy.lines.filter(({ level }) => level === 'warn').length, 1);
});

const heads: [variable: string, settings: Partial<Settings>, good: string, bad: string][] = [
  ['EGRESS_HTTP_PROXY_HEADER_SIZE', { httpHeaderSize: 1_000 }, `X: ${'x'.repeat(600)}\r\n`, `X: ${'x'.repeat(1_000)}\r\n`],
  ['EGRESS_HTTP_PROXY_HEADER_SIZE', { httpHeaderSize: 100_000 }, `X: ${'x'.repeat(80_000)}\r\n`, `X: ${'x'.repeat(100_000)}\r\n`],
  ['EGRESS_HTTP_PROXY_HEADER_FIELDS', { httpHeaderFields: 5 }, 'X: y\r\n'.repeat(3), 'X: y\r\n'.repeat(4)],
];
for (const [variable, settings, good, bad] of heads) {
  for (const { title, host, head } of forms) {
    test(`limits: ${variable} decides which head is 431: ${JSON.stringify(settings)}, ${title}`, async (t) => {
      const destination = await openDestination(t, answer(ok));
      const proxy = await openProxy(t, { rules, settings });
      for (const [fields, status] of [
        [good, 200],
        [bad, 431],
      ] as const) {
        const client = await openClient(t, proxy.port, { host });
        client.socket.write(`${head(destination.port)}Connection: close\r\n${fields}\r\n`);
        await client.waitFor('\r\n\r\n');
        assert.equal(statusOf(client.received()), status);
      }
    });
  }
}

test('limits: EGRESS_HTTP_PROXY_LINGER_TIMEOUT decides how long a client may go on sending after its last answer', async (t) => {
  const proxy = await openProxy(t, { rules, settings: { httpLingerTimeout: 300 } });
  const client = await openClient(t, proxy.port);
  client.socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
  assert.equal(statusOf(await client.end()), 400);
  const answered = performance.now();
  const more = setInterval(() => client.socket.write('more'), 20);
  t.after(() => clearInterval(more));
  await until(() => client.socket.closed);
  assert.ok(performance.now() - answered >= 250);
});
