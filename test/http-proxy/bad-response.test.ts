import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import { test } from 'node:test';
import { openProxy } from './proxy.ts';
import { answer, exchange, openClient, openDestination, statusOf, until } from './sockets.ts';

const rules = ['127.0.0.2'];
const head = 'HTTP/1.1 200 OK\r\n';
const earlyHints = `HTTP/1.1 103 Early Hints\r\nLink: ${'x'.repeat(8_000)}\r\n\r\n`;

const bad: [what: string, response: string, error: string][] = [
  ['something else than HTTP', 'SSH-2.0-server\r\n', 'http_protocol_error'],
  ['HTTP/0.9', '<html>hello</html>', 'http_protocol_error'],
  ['a status that is no number', 'HTTP/1.1 abc OK\r\n\r\n', 'http_protocol_error'],
  ['a status that is none', 'HTTP/1.1 099 Low\r\nContent-Length: 0\r\n\r\n', 'http_protocol_error'],
  [
    'Content-Length with Transfer-Encoding',
    `${head}Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n`,
    'http_protocol_error',
  ],
  ['another coding than chunked', `${head}Transfer-Encoding: gzip, chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n`, 'http_protocol_error'],
  ['a coding that does not end in chunked', `${head}Transfer-Encoding: gzip\r\n\r\nabc`, 'http_protocol_error'],
  ['two lengths', `${head}Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd`, 'http_protocol_error'],
  ['a signed length', `${head}Content-Length: +3\r\n\r\nabc`, 'http_protocol_error'],
  ['white space before a colon', `${head}Content-Length : 3\r\n\r\nabc`, 'http_protocol_error'],
  ['NUL in a value', `${head}X: a\0b\r\nContent-Length: 0\r\n\r\n`, 'http_protocol_error'],
  ['a head longer than 64 KiB', `${head}X: ${'x'.repeat(70_000)}\r\n\r\n`, 'http_protocol_error'],
  ['more informational responses than make up 64 KiB', `${earlyHints.repeat(9)}${head}Content-Length: 0\r\n\r\n`, 'http_protocol_error'],
  ['101 that nobody asked for', 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n', 'http_protocol_error'],
  ['nothing', '', 'connection_terminated'],
  ['half a head', `${head}Content-`, 'connection_terminated'],
];
for (const [what, response, error] of bad) {
  test(`bad response: ${what} is 502`, async (t) => {
    const destination = await openDestination(
      t,
      answer(response, (socket) => socket.end()),
    );
    const proxy = await openProxy(t, { rules });
    const received = await exchange(t, proxy.port, `GET http://${destination.authority}/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);
    const final = received.replace(/^(HTTP\/1\.1 103 .*?\r\n\r\n)+/s, '');
    assert.equal(statusOf(final), 502, received);
    assert.match(final, new RegExp(`Proxy-Status: egress-router; error=${error};`));
  });
}

test('bad response: a reset before the response is 502', async (t) => {
  const destination = await openDestination(t, (socket) => socket.once('data', () => socket.resetAndDestroy()));
  const proxy = await openProxy(t, { rules });
  for (const method of ['GET', 'POST']) {
    const received = await exchange(
      t,
      proxy.port,
      `${method} http://${destination.authority}/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`,
    );
    assert.equal(statusOf(received), 502);
  }
  assert.equal(destination.sockets.length, 2, 'on a new connection nothing is tried again');
});

test('bad response: no response within the idle timeout is 504', async (t) => {
  const destination = await openDestination(t);
  const proxy = await openProxy(t, { rules, settings: { idleTimeout: 300 } });
  const received = await exchange(t, proxy.port, `GET http://${destination.authority}/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);
  assert.equal(statusOf(received), 504);
  assert.match(received, /error=http_response_timeout/);
});

const cut: [what: string, start: string, breakOff: (socket: Socket) => void][] = [
  ['a length that is not reached', `${head}Content-Length: 100\r\n\r\npart`, (socket) => socket.end()],
  ['chunks without an end', `${head}Transfer-Encoding: chunked\r\n\r\n4\r\npart\r\n`, (socket) => socket.end()],
  ['a malformed chunk', `${head}Transfer-Encoding: chunked\r\n\r\n4\r\npart\r\n`, (socket) => socket.write('zz\r\n')],
  ['a reset within a length', `${head}Content-Length: 100\r\n\r\npart`, (socket) => socket.resetAndDestroy()],
  ['a reset within chunks', `${head}Transfer-Encoding: chunked\r\n\r\n4\r\npart\r\n`, (socket) => socket.resetAndDestroy()],
  ['a reset of a body that ends with the connection', `${head}\r\npart`, (socket) => socket.resetAndDestroy()],
];
for (const [what, start, breakOff] of cut) {
  for (const version of ['1.0', '1.1']) {
    test(`bad response: ${what} resets the client (HTTP/${version}), so that it cannot take the part for the whole`, async (t) => {
      const destination = await openDestination(t, answer(start));
      const proxy = await openProxy(t, { rules });
      const client = await openClient(t, proxy.port);
      client.socket.write(`GET http://${destination.authority}/ HTTP/${version}\r\nHost: x\r\n\r\n`);
      await client.waitFor('part');
      const [upstream] = destination.sockets;
      assert.ok(upstream);
      breakOff(upstream);
      await client.end();
      assert.equal(client.wasReset(), true);
      assert.doesNotMatch(client.received(), /\r\n0\r\n\r\n$/);
      const line = await proxy.waitForLine({ msg: 'request', status: 200 });
      assert.equal(typeof line.reason, 'string');
    });
  }
}

test('bad response: what a destination sends unasked is never taken for an answer', async (t) => {
  const ok = (body: string) => `HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n${body}`;
  let connections = 0;
  const destination = await openDestination(t, (socket) => {
    connections += 1;
    // The first connection answers twice.
    answer(connections === 1 ? ok('1') + ok('x') : ok('2'))(socket);
  });
  const proxy = await openProxy(t, { rules });
  const client = await openClient(t, proxy.port);
  const request = `GET http://${destination.authority}/ HTTP/1.1\r\nHost: x\r\n\r\n`;
  client.socket.write(request);
  await client.waitFor('\r\n\r\n1');
  client.socket.write(request);
  await client.waitFor('\r\n\r\n2');
  assert.doesNotMatch(client.received(), /\r\n\r\nx/);
  assert.equal(destination.sockets.length, 2);
});

for (const [when, close] of [
  ['after the answer', (socket: Socket) => setImmediate(() => socket.end())],
  ['when the next request comes', (socket: Socket) => socket.once('data', () => socket.resetAndDestroy())],
] as const) {
  test(`bad response: a connection that was kept and is closed ${when} costs no request that may be repeated`, async (t) => {
    const destination = await openDestination(t, (socket) => {
      socket.once('data', () => {
        socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
        close(socket);
      });
    });
    const proxy = await openProxy(t, { rules });
    for (let count = 0; count < 5; count += 1) {
      const client = await openClient(t, proxy.port);
      client.socket.write(`GET http://${destination.authority}/ HTTP/1.1\r\nHost: x\r\n\r\n`);
      await client.waitFor('ok');
      client.socket.destroy();
    }
  });
}

test('bad response: a request that may not be repeated is not, and gets 502', async (t) => {
  let posts = 0;
  const destination = await openDestination(t, (socket) => {
    socket.on('data', (chunk) => {
      if (chunk.includes('POST /')) {
        posts += 1;
        socket.resetAndDestroy();
      } else {
        socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
      }
    });
  });
  const proxy = await openProxy(t, { rules });
  const client = await openClient(t, proxy.port);
  client.socket.write(`GET http://${destination.authority}/ HTTP/1.1\r\nHost: x\r\n\r\n`);
  await client.waitFor('ok');
  client.socket.write(`POST http://${destination.authority}/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
  await until(() => client.received().includes('HTTP/1.1 502'));
  assert.equal(posts, 1);
});
