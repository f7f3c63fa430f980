import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { test } from 'node:test';
import fc from 'fast-check';
import { createTcpServer, openListener } from '../../src/net/listener.ts';
import { openProxy } from './proxy.ts';
import { answer, exchange, openClient, openDestination, statusOf, until } from './sockets.ts';

const rules = ['127.0.0.2'];
const ok = 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello';

test('staying up: a connection on which nothing comes is 408 after the time for a head', async (t) => {
  const proxy = await openProxy(t, { rules, settings: { httpHeaderTimeout: 200 } });
  const client = await openClient(t, proxy.port);
  assert.equal(statusOf(await client.end()), 408);
});

test('staying up: the time for a head begins anew with each request, and a body may take longer', async (t) => {
  const destination = await openDestination(t, (socket) => socket.on('data', (chunk) => chunk.includes('end') && socket.write(ok)));
  const proxy = await openProxy(t, { rules, settings: { httpHeaderTimeout: 1_000 } });
  const client = await openClient(t, proxy.port);
  client.socket.write(`POST http://${destination.authority}/ HTTP/1.1\r\nHost: x\r\nContent-Length: 6\r\n\r\nbeg`);
  await new Promise((resolve) => setTimeout(resolve, 1_500));
  client.socket.write('end');
  await client.waitFor('hello');
  client.socket.write(`GET http://${destination.authority}/`);
  await client.waitFor('HTTP/1.1 408');
});

test('staying up: a head above 64 KiB or 2,000 fields is 431', async (t) => {
  const destination = await openDestination(t, answer(ok));
  const proxy = await openProxy(t, { rules });
  const start = `GET http://${destination.authority}/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n`;
  const cases: [string, number][] = [
    [`${start}X: ${'x'.repeat(60_000)}\r\n\r\n`, 200],
    [`${start}X: ${'x'.repeat(70_000)}\r\n\r\n`, 431],
    [`${start}${'X: y\r\n'.repeat(1_998)}\r\n`, 200],
    [`${start}${'X: y\r\n'.repeat(1_999)}\r\n`, 431],
    [`${start}${'X: y\r\n'.repeat(9_000)}\r\n`, 431],
    [`GET http://${destination.authority}/${'x'.repeat(70_000)} HTTP/1.1\r\nHost: x\r\n\r\n`, 431],
  ];
  for (const [bytes, status] of cases) assert.equal(statusOf(await exchange(t, proxy.port, bytes)), status);
  assert.equal(destination.received().match(/^GET /gm)?.length, 2);
});

test('staying up: whatever bytes come, the proxy goes on serving and sends nothing on that it did not write itself', async (t) => {
  const destination = await openDestination(t, answer(ok));
  const proxy = await openProxy(t, { rules });
  const valid = `POST http://${destination.authority}/ HTTP/1.1\r\nHost: a\r\nConnection: close\r\nX: y\r\nContent-Length: 3\r\n\r\nabc`;
  const chunked = `POST http://${destination.authority}/ HTTP/1.1\r\nHost: a\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n3;a=b\r\nabc\r\n0\r\nT: u\r\n\r\n`;
  const inserted = ['\0', '\n', '\r', '\r\n', ' ', '\t', ':', ';', ',', '\x80', '\x7f', 'x', '0', '\r\n\r\n'];
  const mutations = [valid, chunked].flatMap((request) =>
    inserted.flatMap((text, index) =>
      Array.from({ length: Math.ceil(request.length / 7) }, (_, step) => {
        const at = Math.min(request.length, step * 7 + (index % 7));
        return request.slice(0, at) + text + request.slice(at + (index % 2));
      }),
    ),
  );
  for (let start = 0; start < mutations.length; start += 40) {
    await Promise.all(mutations.slice(start, start + 40).map((bytes) => exchange(t, proxy.port, bytes)));
  }
  for (const text of destination.texts) assertOwnWords(text, destination.authority);
  assert.ok(destination.received().length > 0);
  assert.equal(statusOf(await exchange(t, proxy.port, valid)), 200);
});

/** Asserts that these are requests with our framing, one behind the other, of which the last may be cut off. */
function assertOwnWords(text: string, authority: string): void {
  const head = /^(POST|XPOST|xPOST) \/[!-~]* HTTP\/1\.1\r\n((?:[!-~]+: ?[\t -~\x80-\xff]*\r\n)+)\r\n/;
  for (let rest = text; rest !== ''; ) {
    const [whole, , fields = ''] = head.exec(rest) ?? [];
    assert.ok(whole, `no request of ours: ${JSON.stringify(rest)}`);
    assert.match(fields, new RegExp(`^Host: ${authority}\r\n`));
    const length = /\r\nContent-Length: (\d+)\r\n/.exec(fields)?.[1];
    rest = rest.slice(whole.length);
    if (length !== undefined) {
      rest = rest.slice(Number(length));
      continue;
    }
    if (!/\r\nTransfer-Encoding: chunked\r\n/.test(fields)) continue;
    while (rest !== '') {
      const size = Number.parseInt(/^([0-9a-f]+)\r\n/.exec(rest)?.[1] ?? '', 16);
      assert.ok(size >= 0, `no chunk of ours: ${JSON.stringify(rest)}`);
      rest = rest.slice(size.toString(16).length + 2 + size + 2);
      if (size === 0) break;
    }
  }
}

test('staying up: it serves after any garbage', async (t) => {
  const destination = await openDestination(t, answer(ok));
  const proxy = await openProxy(t, { rules });
  const start = fc.constantFrom(
    '',
    'GET ',
    `GET http://${destination.authority}/ HTTP/1.1\r\n`,
    'CONNECT ',
    '\x16\x03\x01',
    'PRI * HTTP/2.0\r\n\r\n',
  );
  await fc.assert(
    fc.asyncProperty(start, fc.uint8Array({ maxLength: 200 }), async (head, bytes) => {
      await exchange(t, proxy.port, head + Buffer.from(bytes).toString('latin1'));
    }),
    { numRuns: 200 },
  );
  assert.equal(statusOf(await exchange(t, proxy.port, `GET http://${destination.authority}/ HTTP/1.0\r\n\r\n`)), 200);
});

/** States of a connection in which either side breaks off, each with what the client sends and how the destination behaves. */
const states: [what: string, bytes: (authority: string) => string, serve: (socket: Socket) => void][] = [
  ['nothing sent', () => '', () => {}],
  ['half a head', () => 'GET http://a/ HT', () => {}],
  ['request sent, no answer', (to) => `GET http://${to}/ HTTP/1.1\r\nHost: x\r\n\r\n`, () => {}],
  ['half a body sent', (to) => `POST http://${to}/ HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nabc`, () => {}],
  ['half a chunk sent', (to) => `POST http://${to}/ HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nabc`, () => {}],
  ['100 awaited', (to) => `POST http://${to}/ HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 9\r\n\r\n`, () => {}],
  ['half a response', (to) => `GET http://${to}/ HTTP/1.1\r\nHost: x\r\n\r\n`, answer('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc')],
  ['idle after a response', (to) => `GET http://${to}/ HTTP/1.1\r\nHost: x\r\n\r\n`, answer(ok)],
  ['pipelined', (to) => `GET http://${to}/ HTTP/1.1\r\nHost: x\r\n\r\n`.repeat(5), () => {}],
  ['denied upload', () => 'POST http://192.0.2.1/ HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nabc', () => {}],
  ['tunnel', (to) => `CONNECT ${to} HTTP/1.1\r\nHost: x\r\n\r\nabc`, (socket) => socket.write('abc')],
  ['tunnel, half a ClientHello', (to) => `CONNECT ${to} HTTP/1.1\r\nHost: x\r\n\r\n\x16\x03\x01\x02`, () => {}],
  ['tunnel refused', () => 'CONNECT 192.0.2.1:443 HTTP/1.1\r\nHost: x\r\n\r\n', () => {}],
  ['WebSocket asked for', (to) => `GET http://${to}/ HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n`, () => {}],
  [
    'WebSocket open',
    (to) => `GET http://${to}/ HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n`,
    answer('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n'),
  ],
];

for (const [host, name] of [
  ['127.0.0.1', '127.0.0.2'],
  ['::1', '[::1]'],
] as const) {
  test(`staying up: a reset or an end of either side in any state leaves it serving, and its descriptors at base (${host})`, async (t) => {
    const proxy = await openProxy(t, { rules: [...rules, '::1'], settings: { httpKeepAliveTimeout: 100 } });
    const witness = await openDestination(
      t,
      answer(ok, (socket) => socket.end()),
    );
    const base = () => readdirSync('/proc/self/fd').length;
    const alive = async (after: string) => {
      const response = await exchange(t, proxy.port, `GET http://${witness.authority}/ HTTP/1.0\r\n\r\n`);
      assert.equal(statusOf(response), 200, after);
    };
    await alive('start');
    await until(() => witness.sockets.every(({ closed }) => closed));
    const before = base();
    for (const [what, bytes, serve] of states) {
      for (const breakOff of ['client resets', 'client ends', 'destination resets', 'destination ends'] as const) {
        const sockets: Socket[] = [];
        const listener = await openListener(
          createTcpServer((socket) => {
            sockets.push(socket);
            serve(socket);
            socket.resume();
          }),
          0,
          () => {},
        );
        const client = connect({ port: proxy.port, host });
        client.on('error', () => {});
        client.resume();
        client.write(bytes(`${name}:${listener.port}`), 'latin1');
        await once(client, 'connect');
        await new Promise((resolve) => setTimeout(resolve, 15));
        if (breakOff === 'client resets') client.resetAndDestroy();
        if (breakOff === 'client ends') client.end();
        for (const socket of sockets) {
          if (breakOff === 'destination resets') socket.resetAndDestroy();
          if (breakOff === 'destination ends') socket.end();
        }
        await new Promise((resolve) => setTimeout(resolve, 15));
        client.destroy();
        for (const socket of sockets) socket.end();
        await listener.close(AbortSignal.timeout(1_000));
        await alive(`${what}, ${breakOff}`);
      }
    }
    await until(
      () => base() <= before,
      () => `${base()} descriptors, ${before} before`,
    );
  });
}

test('startHttpProxy: a port that is taken is LISTEN_FAILED, with the variable that moves it', async (t) => {
  const proxy = await openProxy(t, { rules });
  await assert.rejects(openProxy(t, { rules, settings: { httpProxyPort: proxy.port } }), {
    code: 'LISTEN_FAILED',
    remedy: /EGRESS_HTTP_PROXY_PORT/,
  });
});
