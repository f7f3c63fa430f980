import assert from 'node:assert/strict';
import { createServer, type IncomingMessage } from 'node:http';
import { Duplex } from 'node:stream';
import { test } from 'node:test';
import fc from 'fast-check';
import { formatFields } from './fields.ts';
import { HttpError } from './http-error.ts';
import { findRequestHeadFault, parseRequestHead } from './request-head.ts';
import { parseResponseHead } from './response-head.ts';

const requestLines: [line: string, method: string, target: string, version: string][] = [
  ['GET / HTTP/1.1', 'GET', '/', '1.1'],
  ['M-SEARCH http://a/b?c HTTP/1.0', 'M-SEARCH', 'http://a/b?c', '1.0'],
  ['get * HTTP/9.9', 'get', '*', '9.9'],
];
for (const [line, method, target, version] of requestLines) {
  test(`parseRequestHead: ${JSON.stringify(line)} is a request line`, () => {
    assert.deepEqual(parseRequestHead(`${line}\r\nA: b`), { method, target, version, fields: ['A', 'b'] });
    assert.deepEqual(parseRequestHead(line), { method, target, version, fields: [] });
  });
}

for (const line of [
  '',
  'GET',
  'GET /',
  'GET / HTTP/1.1 ',
  ' GET / HTTP/1.1',
  'GET  / HTTP/1.1',
  'GET / x HTTP/1.1',
  'GET\t/ HTTP/1.1',
  'GET / HTTP/1',
  'GET / HTTP/11',
  'GET / HTTP/1.10',
  'GET / http/1.1',
  'GET / RTSP/1.0',
  'GET / HTTP/1.1\r',
  'GET / HTTP/1.1\n',
  'G(T / HTTP/1.1',
  'GET /\0 HTTP/1.1',
  'GET /\xe9 HTTP/1.1',
]) {
  test(`parseRequestHead: ${JSON.stringify(line)} is refused`, () => assert.throws(() => parseRequestHead(`${line}\r\nA: b`), HttpError));
}

const statusLines: [line: string, status: number, reason: string][] = [
  ['HTTP/1.1 200 OK', 200, 'OK'],
  ['HTTP/1.1 200 ', 200, ''],
  ['HTTP/1.1 200', 200, ''],
  ['HTTP/1.1 999 A\t\xe9 reason', 999, 'A\t\xe9 reason'],
];
for (const [line, status, reason] of statusLines) {
  test(`parseResponseHead: ${JSON.stringify(line)} is a status line`, () => {
    assert.deepEqual(parseResponseHead(line), { version: '1.1', status, reason, fields: [] });
  });
}

for (const line of [
  '',
  'HTTP/1.1',
  'HTTP/1.1 20 OK',
  'HTTP/1.1 2000 OK',
  'HTTP/1.1 099 OK',
  'HTTP/1.1 20x OK',
  'HTTP/1.1  200 OK',
  'HTTP/1.1\t200 OK',
  ' HTTP/1.1 200 OK',
  'http/1.1 200 OK',
  'ICY 200 OK',
  'HTTP/1.1 200 O\0K',
  'HTTP/1.1 200 OK\r',
]) {
  test(`parseResponseHead: ${JSON.stringify(line)} is refused`, () => assert.throws(() => parseResponseHead(line), HttpError));
}

/** Mostly one of these, now and then one that is odd. */
const mostly = (good: readonly string[], odd: readonly string[]) =>
  fc.oneof({ weight: 8, arbitrary: fc.constantFrom(...good) }, { weight: 1, arbitrary: fc.constantFrom(...odd) });

/** Heads of a request as they might come, without the empty line at the end. */
const heads = fc
  .tuple(
    mostly(['GET', 'POST', 'PUT', 'QUERY'], ['FOO', 'get', 'G T', 'SOURCE', 'DESCRIBE', '']),
    mostly([' '], ['  ', '\t', '']),
    mostly(['/', 'http://a.example/b', '*'], ['/\xe9', '/a b', '/\0', '']),
    mostly([' HTTP/1.1', ' HTTP/1.0'], [' HTTP/1.1 ', ' HTTP/2.0', ' RTSP/1.0', ' ICE/1.0', ' http/1.1', '']),
    fc.array(
      fc.tuple(
        mostly(['\r\n'], ['\n', '\r', '\r\n ']),
        mostly(['Host', 'host', 'X', 'Content-Length', 'Transfer-Encoding'], ['X y', 'X\0', ' X', '']),
        mostly([':', ': ', ':\t'], [' : ', '']),
        mostly(['a', 'a b', '3', 'chunked', '\xe9', ' a ', ''], ['+3', '3, 3', ',chunked', 'a\0', 'a\x01']),
      ),
      { maxLength: 4 },
    ),
  )
  .map(
    ([method, space, target, version, fields]) => `${method}${space}${target}${version}${fields.map((field) => field.join('')).join('')}`,
  );

test('parseRequestHead: what is taken is taken by the parser of Node too, and means the same to it', async () => {
  let taken = 0;
  await fc.assert(
    fc.asyncProperty(heads, async (text) => {
      const head = tryParse(text);
      if (head === undefined || findRequestHeadFault(head) !== undefined) return;
      taken += 1;
      const other = await parseByNode(`${text}\r\n\r\n`);
      assert.ok(other, JSON.stringify(text));
      assert.deepEqual([head.method, head.target, head.version], [other.method, other.url, other.httpVersion]);
      assert.deepEqual(head.fields, other.rawHeaders);
    }),
    { numRuns: 2_000 },
  );
  assert.ok(taken > 100, `${taken} heads were taken`);
});

test('parseRequestHead: a head that is written anew is read as the same', () => {
  fc.assert(
    fc.property(heads, (text) => {
      const head = tryParse(text);
      if (head === undefined) return;
      const { method, target, version, fields } = head;
      assert.deepEqual(parseRequestHead(`${method} ${target} HTTP/${version}\r\n${formatFields(fields)}`.slice(0, -2)), head);
    }),
  );
});

function tryParse(text: string) {
  try {
    return parseRequestHead(text);
  } catch (error) {
    if (!(error instanceof HttpError)) throw error;
    return undefined;
  }
}

/** The request that Node reads from these bytes; undefined = it refuses them. */
function parseByNode(text: string): Promise<IncomingMessage | undefined> {
  const { promise, resolve } = Promise.withResolvers<IncomingMessage | undefined>();
  const server = createServer({ requireHostHeader: false, insecureHTTPParser: false }, (request) => resolve(request));
  server.on('clientError', () => resolve(undefined));
  const socket = new Duplex({ read() {}, write: (_chunk, _encoding, done) => done() });
  server.emit('connection', socket);
  socket.push(Buffer.from(text, 'latin1'));
  return promise.finally(() => socket.destroy());
}
