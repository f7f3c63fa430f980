import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { openDeafListener } from '../../src/net/deaf-listener.fixture.ts';
import { dial } from '../../src/net/dial.ts';
import { openProxy } from './proxy.ts';
import { openClient, openDestination, statusOf, until } from './sockets.ts';

const rules = ['127.0.0.1', '127.0.0.2'];
const established = 'HTTP/1.1 200 Connection established\r\n\r\n';

test('CONNECT: 200 once it is connected, then bytes in both directions, with the end of each delivered', async (t) => {
  const destination = await openDestination(t);
  const proxy = await openProxy(t, { rules });
  const client = await openClient(t, proxy.port);
  client.socket.write(`CONNECT ${destination.authority} HTTP/1.1\r\nHost: ${destination.authority}\r\n\r\n`);
  await client.waitFor(established);
  client.socket.end('question');
  await until(() => destination.received() === 'question' && destination.sockets[0]?.readableEnded === true);
  destination.sockets[0]?.end('late answer');
  assert.equal(await client.end(), `${established}late answer`);
  const line = await proxy.waitForLine({ msg: 'tunnel' });
  assert.deepEqual([line.status, line.decision, line.bytesUp, line.bytesDown, line.reason], [200, 'allow', 8, 11, 'ended']);
  assert.deepEqual([line.method, line.destination, line.endpoint], ['CONNECT', destination.authority, destination.authority]);
});

test('CONNECT: bytes that come with the request are kept until it is connected', async (t) => {
  const destination = await openDestination(t);
  const proxy = await openProxy(t, { rules });
  for (const version of ['1.0', '1.1']) {
    const client = await openClient(t, proxy.port);
    client.socket.write(`CONNECT ${destination.authority} HTTP/${version}\r\nHost: x\r\n\r\nearly ${version} `);
    client.socket.write('and more.');
    await until(() => destination.received().endsWith(`early ${version} and more.`));
  }
});

test('CONNECT: a client that sends all it has with the request, and finishes before it is connected, gets its answer', async (t) => {
  const destination = await openDestination(t, (socket) => socket.on('end', () => socket.end('late answer')));
  const finished = Promise.withResolvers<void>();
  const proxy = await openProxy(t, {
    rules,
    dial: async (...where) => {
      await finished.promise;
      return dial(...where);
    },
  });
  const client = await openClient(t, proxy.port);
  client.socket.end(`CONNECT ${destination.authority} HTTP/1.1\r\nHost: x\r\n\r\nearly`);
  // The end has arrived long before.
  setTimeout(finished.resolve, 100);
  assert.equal(await client.end(), `${established}late answer`);
  assert.equal(destination.received(), 'early');
  await proxy.waitForLine({ msg: 'tunnel', status: 200, reason: 'ended' });
});

test('CONNECT: in HTTP/1.0 it needs no Host, as Python sends it', async (t) => {
  const destination = await openDestination(t, (socket) => socket.write('banner'));
  const proxy = await openProxy(t, { rules });
  const client = await openClient(t, proxy.port);
  client.socket.write(`CONNECT ${destination.authority} HTTP/1.0\r\n\r\n`);
  await client.waitFor(`${established}banner`);
});

test('CONNECT: behind other requests on the connection it waits for their answers', async (t) => {
  const destination = await openDestination(t, (socket) =>
    socket.once('data', () => setTimeout(() => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'), 50)),
  );
  const proxy = await openProxy(t, { rules });
  const client = await openClient(t, proxy.port);
  client.socket.write(
    `GET http://${destination.authority}/ HTTP/1.1\r\nHost: x\r\n\r\nCONNECT ${destination.authority} HTTP/1.1\r\nHost: x\r\n\r\nearly`,
  );
  await client.waitFor(`ok${established}`);
  await until(() => destination.received().endsWith('early'));
});

test('CONNECT: any port of an allowed destination, and nothing else than 2xx is ever a tunnel', async (t) => {
  const proxy = await openProxy(t, { rules, settings: { connectTimeout: 200 } });
  const deaf = await openDeafListener();
  t.after(() => deaf.close());
  const closed = await openDestination(t);
  const refusals: [authority: string, status: number, error: string][] = [
    ['192.0.2.1:443', 403, 'http_request_denied'],
    ['nosuch.example:443', 503, 'dns_error'],
    ['127.0.0.2:1', 503, 'connection_refused'],
    [`127.0.0.1:${deaf.port}`, 504, 'connection_timeout'],
    ['no port', 400, 'http_request_error'],
  ];
  for (const [authority, status, error] of refusals) {
    const client = await openClient(t, proxy.port);
    client.socket.write(
      `CONNECT ${authority.replace(' ', '')} HTTP/1.1\r\nHost: x\r\n\r\nGET http://${closed.authority}/ HTTP/1.1\r\nHost: x\r\n\r\n`,
    );
    const response = await client.end();
    assert.equal(statusOf(response), status, response);
    assert.match(response, new RegExp(`Proxy-Status: egress-router; error=${error};`));
    assert.equal(response.match(/HTTP\/1\.1/g)?.length, 1, 'what follows a refused CONNECT is not read as requests');
  }
  assert.equal(closed.sockets.length, 0);
});

for (const [side, reason] of [
  ['client', 'client-reset'],
  ['destination', 'upstream-reset'],
] as const) {
  test(`CONNECT: a reset of the ${side} is passed on as a reset, and logged`, async (t) => {
    const destination = await openDestination(t);
    const proxy = await openProxy(t, { rules });
    const client = await openClient(t, proxy.port);
    client.socket.write(`CONNECT ${destination.authority} HTTP/1.1\r\nHost: x\r\n\r\nx`);
    await client.waitFor(established);
    await until(() => destination.received() === 'x');
    const [upstream] = destination.sockets;
    assert.ok(upstream);
    const far = side === 'client' ? upstream : client.socket;
    const reset = once(far, 'error');
    (side === 'client' ? client.socket : upstream).resetAndDestroy();
    assert.equal((await reset)[0].code, 'ECONNRESET');
    await proxy.waitForLine({ msg: 'tunnel', reason });
  });
}

test('CONNECT: a tunnel without a byte for the idle timeout is closed, and logged', async (t) => {
  const destination = await openDestination(t);
  const proxy = await openProxy(t, { rules, settings: { idleTimeout: 100 } });
  const client = await openClient(t, proxy.port);
  client.socket.write(`CONNECT ${destination.authority} HTTP/1.1\r\nHost: x\r\n\r\n`);
  assert.equal(await client.end(), established);
  await proxy.waitForLine({ msg: 'tunnel', reason: 'idle' });
});

test('CONNECT: a client that goes away while its destination is dialled ends the dial', async (t) => {
  const deaf = await openDeafListener();
  t.after(() => deaf.close());
  const proxy = await openProxy(t, { rules, settings: { connectTimeout: 60_000 } });
  const client = await openClient(t, proxy.port);
  client.socket.write(`CONNECT 127.0.0.1:${deaf.port} HTTP/1.1\r\nHost: x\r\n\r\n`);
  await new Promise((resolve) => setTimeout(resolve, 50));
  client.socket.resetAndDestroy();
  const line = await proxy.waitForLine({ msg: 'tunnel', reason: 'the client broke off' });
  assert.ok(Number(line.durationMs) < 5_000);
});

test('CONNECT: the next address is tried when one does not answer in its share of the connect timeout', async (t) => {
  const deaf = await openDeafListener();
  t.after(() => deaf.close());
  const dialled: string[] = [];
  const destination = await openDestination(t);
  const proxy = await openProxy(t, {
    rules,
    hosts: { 'two.example': ['127.0.0.1', '127.0.0.2'] },
    settings: { connectTimeout: 2_000 },
    dial: (address, port, options) => {
      dialled.push(address.text);
      assert.ok(options.timeout < 1_500);
      // The same port is deaf on one address and open on the other.
      return dial(address, address.text === '127.0.0.1' ? deaf.port : port, options);
    },
  });
  const client = await openClient(t, proxy.port);
  client.socket.write(`CONNECT two.example:${destination.port} HTTP/1.1\r\nHost: x\r\n\r\n`);
  await client.waitFor(established);
  assert.deepEqual(dialled, ['127.0.0.1', '127.0.0.2']);
});
