import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { openProxy } from './proxy.ts';
import { answer, type Destination, exchange, openClient, openDestination, statusOf, until } from './sockets.ts';

async function setUp(t: TestContext) {
  const destination = await openDestination(t, answer('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello'));
  const proxy = await openProxy(t, { rules: ['127.0.0.2', '::1'] });
  return { destination, proxy };
}

const post = (url: string, ...lines: string[]) => [`POST ${url} HTTP/1.1`, 'Host: x', ...lines, ''].join('\r\n');
const chunked = (url: string, body: string) => `${post(url, 'Transfer-Encoding: chunked', '')}${body}`;
const get = (url: string, ...lines: string[]) => [`GET ${url} HTTP/1.1`, ...lines, '', ''].join('\r\n');

/** What is wrong, and the bytes, given the URL of a destination that the list allows. */
type BadRequest = [what: string, bytes: (url: string) => string];

/** Wrong whatever the method. */
const badHeads: BadRequest[] = [
  [
    'Content-Length with Transfer-Encoding',
    (url) => post(url, 'Content-Length: 3', 'Transfer-Encoding: chunked', '', '3\r\nabc\r\n0\r\n\r\n'),
  ],
  [
    'Transfer-Encoding with Content-Length',
    (url) => post(url, 'Transfer-Encoding: chunked', 'Content-Length: 3', '', '3\r\nabc\r\n0\r\n\r\n'),
  ],
  ['Transfer-Encoding in HTTP/1.0', (url) => `POST ${url} HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`],
  ...[
    ',chunked',
    'chunked,',
    'gzip, chunked',
    'chunked, gzip',
    'identity',
    'chunked, chunked',
    'xchunked',
    'chunked;q=1',
    '"chunked"',
    '',
  ].map((coding): BadRequest => [`Transfer-Encoding: ${coding}`, (url) => post(url, `Transfer-Encoding: ${coding}`, '', '0\r\n\r\n')]),
  ['Transfer-Encoding twice', (url) => post(url, 'Transfer-Encoding: gzip', 'Transfer-Encoding: chunked', '', '0\r\n\r\n')],
  ['Content-Length twice', (url) => post(url, 'Content-Length: 3', 'Content-Length: 3', '', 'abc')],
  ['Content-Length twice, different', (url) => post(url, 'Content-Length: 3', 'Content-Length: 4', '', 'abcd')],
  ...['+3', '-3', '3, 3', '0x3', '3.0', '', 'three', '3 3', '99999999999999999999'].map(
    (length): BadRequest => [`Content-Length: ${length}`, (url) => post(url, `Content-Length: ${length}`, '', 'abc')],
  ),
  ['two Host fields', (url) => get(url, 'Host: a', 'Host: b')],
  ['the same Host twice', (url) => get(url, 'Host: a', 'host: a')],
  ['no Host in HTTP/1.1', (url) => get(url)],
  ['white space before a colon', (url) => get(url, 'Host : a')],
  ['a tab before a colon', (url) => get(url, 'Host: a', 'X\t: b')],
  ['white space before the first field', (url) => get(url, ' Host: a')],
  ['a folded line', (url) => get(url, 'Host: a', 'X: b', ' c')],
  ['a folded line by tab', (url) => get(url, 'Host: a', 'X: b', '\tc')],
  ['a folded empty line', (url) => get(url, 'Host: a', 'X:', ' c')],
  ['bare LF after the request line', (url) => `GET ${url} HTTP/1.1\nHost: a\r\n\r\n`],
  ['bare LF after a field', (url) => `GET ${url} HTTP/1.1\r\nHost: a\nX: b\r\n\r\n`],
  ['bare LF at the end', (url) => `GET ${url} HTTP/1.1\r\nHost: a\r\n\n`],
  ['nothing but bare LF', (url) => `GET ${url} HTTP/1.1\nHost: a\n\n`],
  ['bare CR after a field', (url) => `GET ${url} HTTP/1.1\r\nHost: a\rX: b\r\n\r\n`],
  ['bare CR in a value', (url) => `GET ${url} HTTP/1.1\r\nHost: a\r\nX: b\rc\r\n\r\n`],
  ['bare CR after the version', (url) => `GET ${url} HTTP/1.1\r\r\nHost: a\r\n\r\n`],
  ['NUL in a value', (url) => get(url, 'Host: a', 'X: b\0c')],
  ['NUL in a name', (url) => get(url, 'Host: a', 'X\0: b')],
  ['NUL in the target', (url) => get(`${url}\0`, 'Host: a')],
  ['a control in a value', (url) => get(url, 'Host: a', 'X: b\x01c')],
  ['DEL in a value', (url) => get(url, 'Host: a', 'X: b\x7fc')],
  ['a field without a colon', (url) => get(url, 'Host: a', 'X')],
  ['a field without a name', (url) => get(url, 'Host: a', ': b')],
  ['a name that is no token', (url) => get(url, 'Host: a', 'X(y): b')],
  ['HTTP/0.9', (url) => `GET ${url}\r\n\r\n`],
  ['HTTP/0.9 by name', (url) => `GET ${url} HTTP/0.9\r\nHost: a\r\n\r\n`],
  ['HTTP/2.0', (url) => `GET ${url} HTTP/2.0\r\nHost: a\r\n\r\n`],
  ['HTTP/1.2', (url) => `GET ${url} HTTP/1.2\r\nHost: a\r\n\r\n`],
  ['a lower-case protocol name', (url) => `GET ${url} http/1.1\r\nHost: a\r\n\r\n`],
  ['space after the version', (url) => `GET ${url} HTTP/1.1 \r\nHost: a\r\n\r\n`],
  ['space in the target', (url) => `GET ${url} x HTTP/1.1\r\nHost: a\r\n\r\n`],
  ['a tab in the request line', (url) => `GET\t${url} HTTP/1.1\r\nHost: a\r\n\r\n`],
  ['RTSP with a method of its own', (url) => `DESCRIBE ${url} RTSP/1.0\r\nHost: a\r\n\r\n`],
  ['RTSP with GET', (url) => `GET ${url} RTSP/1.0\r\nHost: a\r\n\r\n`],
  ['RTSP with GET, in the version of HTTP', (url) => `GET ${url} RTSP/1.1\r\nHost: a\r\n\r\n`],
  ['RTSP with OPTIONS', (url) => `OPTIONS ${url} RTSP/1.0\r\nHost: a\r\n\r\n`],
  ['RTSP with POST', (url) => `POST  ${url}  RTSP/1.0\r\nHost: a\r\nContent-Length: 0\r\n\r\n`],
  ['ICE', (url) => `SOURCE ${url} ICE/1.0\r\nHost: a\r\n\r\n`],
];

/** Wrong for the method or for the body. */
const badRequests: BadRequest[] = [
  ['the preface of HTTP/2', () => 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
  ['an unknown method', (url) => `FOO ${url} HTTP/1.1\r\nHost: a\r\n\r\n`],
  ['a lower-case method', (url) => `get ${url} HTTP/1.1\r\nHost: a\r\n\r\n`],
  ['GET with a body in HTTP/1.0', (url) => `GET ${url} HTTP/1.0\r\nContent-Length: 3\r\n\r\nabc`],
  ['HEAD with a body in HTTP/1.0', (url) => `HEAD ${url} HTTP/1.0\r\nContent-Length: 3\r\n\r\nabc`],
  ...['0x3', '+3', '-3', ' 3', '3 ', 'g', '', 'fffffffffffffffff'].map(
    (size): BadRequest => [`the chunk size "${size}"`, (url) => chunked(url, `${size}\r\nabc\r\n0\r\n\r\n`)],
  ),
  ['a chunk longer than its size', (url) => chunked(url, '3\r\nabcd\r\n0\r\n\r\n')],
  ['a chunk size that ends in bare LF', (url) => chunked(url, '3\nabc\r\n0\r\n\r\n')],
  ['a chunk that ends in bare LF', (url) => chunked(url, '3\r\nabc\n0\r\n\r\n')],
  ['an empty chunk extension', (url) => chunked(url, '3;\r\nabc\r\n0\r\n\r\n')],
  ['white space before a chunk extension', (url) => chunked(url, '3 ;a\r\nabc\r\n0\r\n\r\n')],
  ['bare LF in a chunk extension', (url) => chunked(url, '3;a\nb\r\nabc\r\n0\r\n\r\n')],
  ['a control in a chunk extension', (url) => chunked(url, '3;a\x01\r\nabc\r\n0\r\n\r\n')],
  ['Content-Length as a trailer', (url) => chunked(url, '3\r\nabc\r\n0\r\nContent-Length: 3\r\n\r\n')],
];

async function expectRefusal(t: TestContext, port: number, host: string, destination: Destination, bytes: string) {
  const client = await openClient(t, port, { host });
  // Not finished by the client: the proxy must not wait for that.
  client.socket.write(bytes, 'latin1');
  const response = await client.end();
  assert.equal(statusOf(response), 400, JSON.stringify(response));
  assert.match(response, /\r\nConnection: close\r\n/i);
  assert.equal(response.split('HTTP/1.1').length, 2, 'one answer and nothing else');
  assert.equal(destination.received(), '');
}

/** Where the client dials the proxy, and how the destination is written. */
const places = [
  ['127.0.0.1', '127.0.0.2'],
  ['::1', '[::1]'],
] as const;

for (const [what, bytes] of [...badHeads, ...badRequests]) {
  test(`framing: ${what} is 400 and the connection is closed, nothing reaches the destination`, async (t) => {
    const { destination, proxy } = await setUp(t);
    for (const [host, name] of places) {
      await expectRefusal(t, proxy.port, host, destination, bytes(`http://${name}:${destination.port}/`));
    }
  });
}

const badConnects: [what: string, head: (authority: string) => string][] = [
  ...badHeads.map(([what, bytes]): (typeof badConnects)[number] => [
    `(${what})`,
    (authority) => bytes(`http://${authority}/`).replace(/^\S+(\s+)http:\/\/([^/]+)\//, 'CONNECT$1$2'),
  ]),
  ['with a body', (authority) => `CONNECT ${authority} HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc`],
  ['with a body in HTTP/1.0', (authority) => `CONNECT ${authority} HTTP/1.0\r\nContent-Length: 3\r\n\r\nabc`],
  ['with chunks', (authority) => `CONNECT ${authority} HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`],
  ['in absolute form', (authority) => `CONNECT http://${authority}/ HTTP/1.1\r\nHost: a\r\n\r\n`],
];
for (const [what, head] of badConnects) {
  test(`framing: CONNECT ${what} is 400 and the connection is closed, nothing reaches the destination`, async (t) => {
    const { destination, proxy } = await setUp(t);
    for (const [host, name] of places) {
      await expectRefusal(t, proxy.port, host, destination, head(`${name}:${destination.port}`));
    }
    assert.equal(destination.sockets.length, 0);
  });
}

test('framing: a request line of RTSP is found in whatever pieces it comes', async (t) => {
  const { destination, proxy } = await setUp(t);
  const bytes = `GET http://${destination.authority}/ RTSP/1.0\r\nHost: a\r\n\r\n`;
  for (const at of [1, 20, bytes.indexOf(' RTSP') + 3, bytes.indexOf('\r\n') + 1, bytes.length - 1]) {
    const client = await openClient(t, proxy.port);
    client.socket.write(bytes.slice(0, at));
    await new Promise((resolve) => setTimeout(resolve, 20));
    client.socket.write(bytes.slice(at));
    assert.equal(statusOf(await client.end()), 400, `cut at ${at}`);
  }
  assert.equal(destination.received(), '');
});

test('framing: a body that speaks of RTSP is only a body', async (t) => {
  const { destination, proxy } = await setUp(t);
  const body = Array.from({ length: 20 }, (_, index) => `DESCRIBE rtsp://camera.example/${index} RTSP/1.0\r\n`).join('');
  const request = `${post(`http://${destination.authority}/`, `Content-Length: ${body.length}`, '')}${body}`;
  const client = await openClient(t, proxy.port);
  client.socket.write(request + request);
  client.socket.end(get(`http://${destination.authority}/last`, 'Host: x', 'Connection: close'));
  assert.deepEqual((await client.end()).match(/HTTP\/1\.1 \d+/g), ['HTTP/1.1 200', 'HTTP/1.1 200', 'HTTP/1.1 200']);
});

test('framing: a request line of RTSP right behind a body is found, whatever the body ends in', async (t) => {
  const { destination, proxy } = await setUp(t);
  const url = `http://${destination.authority}`;
  for (const body of ['abc', 'ABC', 'x-Y', '-', 'Q'.repeat(70_000)]) {
    const bytes = `${post(`${url}/body`, `Content-Length: ${body.length}`, '')}${body}GET ${url}/rtsp RTSP/1.0\r\nHost: x\r\n\r\n`;
    assert.deepEqual((await exchange(t, proxy.port, bytes)).match(/HTTP\/1\.1 \d+/g), ['HTTP/1.1 200', 'HTTP/1.1 400'], body.slice(0, 9));
  }
  assert.doesNotMatch(destination.received(), /rtsp/);
});

test('framing: a request that is malformed behind a good one is answered in its turn', async (t) => {
  const { destination, proxy } = await setUp(t);
  const response = await exchange(t, proxy.port, `${get(`http://${destination.authority}/first`, 'Host: a')}GET broken\n\n`);
  assert.deepEqual(response.match(/HTTP\/1\.1 \d+/g), ['HTTP/1.1 200', 'HTTP/1.1 400']);
  assert.equal(destination.received().split('HTTP/1.1').length, 2);
});

test('framing: a chunk that turns out malformed in the middle of a body breaks the upstream request off, and the client gets 400', async (t) => {
  const { destination, proxy } = await setUp(t);
  const silent = await openDestination(t);
  const client = await openClient(t, proxy.port);
  client.socket.write(chunked(`http://${silent.authority}/`, '3\r\nabc\r\n'));
  await until(() => silent.received().includes('abc'));
  client.socket.write('zz\r\n');
  assert.equal(statusOf(await client.end()), 400);
  const [upstream] = silent.sockets;
  assert.ok(upstream);
  await until(() => upstream.readableEnded || upstream.closed);
  assert.doesNotMatch(silent.received(), /\r\n0\r\n\r\n$/);
  assert.equal(destination.received(), '');
});

const good: [what: string, bytes: (url: string) => string][] = [
  ['HTTP/1.0 without Host', (url) => `GET ${url} HTTP/1.0\r\n\r\n`],
  ['empty lines before the request line', (url) => `\r\n\r\n${get(url, 'Host: a', 'Connection: close')}`],
  ['a Host that is not that of the URL', (url) => get(url, 'Host: other.example', 'Connection: close')],
  ['chunk extensions', (url) => `${post(url, 'Connection: close', 'Transfer-Encoding: chunked', '')}3;a=b;c="d"\r\nabc\r\n0\r\n\r\n`],
  ['chunk sizes in upper case', (url) => `${post(url, 'Connection: close', 'Transfer-Encoding: chunked', '')}A\r\n0123456789\r\n0\r\n\r\n`],
  ['white space around a length', (url) => `${post(url, 'Connection: close', 'Content-Length:  3 \t', '')}abc`],
  ['a value of other octets', (url) => get(url, 'Host: a', 'X: b\xe9\tc', 'Connection: close')],
];
for (const [what, bytes] of good) {
  test(`framing: ${what} is taken, and goes on in our own words`, async (t) => {
    const { destination, proxy } = await setUp(t);
    const response = await exchange(t, proxy.port, bytes(`http://${destination.authority}/`));
    assert.equal(statusOf(response), 200, response);
    assert.match(destination.received(), new RegExp(`^(GET|POST) / HTTP/1\\.1\r\nHost: ${destination.authority}\r\n`));
    assert.doesNotMatch(destination.received(), /other\.example|;a=b/);
  });
}
