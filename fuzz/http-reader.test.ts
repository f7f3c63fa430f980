import assert from 'node:assert/strict';
import { test } from 'node:test';
import { countRequests, readResponse } from './http-reader.ts';

const requests: [what: string, text: string, bodies: readonly string[] | 'bad'][] = [
  ['one without a body', 'GET / HTTP/1.1\r\nHost: x\r\n\r\n', ['']],
  ['one with a length', 'POST / HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc', ['abc']],
  ['one in chunks', 'POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n2;x\r\nab\r\n1\r\nc\r\n0\r\nT: u\r\n\r\n', ['abc']],
  ['two', 'POST / HTTP/1.1\r\nContent-Length: 1\r\n\r\naGET /b HTTP/1.1\r\n\r\n', ['a', '']],
  ['half of one', 'POST / HTTP/1.1\r\nContent-Length: 3\r\n\r\nab', []],
  ['both framings', 'POST / HTTP/1.1\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\nabc', 'bad'],
  ['two lengths', 'POST / HTTP/1.1\r\nContent-Length: 3\r\nContent-Length: 3\r\n\r\nabc', 'bad'],
  ['a coding that is not chunked', 'POST / HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\n', 'bad'],
  ['white space before a colon', 'GET / HTTP/1.1\r\nHost : x\r\n\r\n', 'bad'],
  ['a folded line', 'GET / HTTP/1.1\r\nX: a\r\n b\r\n\r\n', 'bad'],
  ['a bare LF', 'GET / HTTP/1.1\r\nX: a\nY: b\r\n\r\n', 'bad'],
  ['an empty line before it', '\r\nGET / HTTP/1.1\r\n\r\n', 'bad'],
  ['a chunk longer than it says', 'POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nab\r\n0\r\n\r\n', 'bad'],
  ['a chunk size that is none', 'POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0x1\r\na\r\n0\r\n\r\n', 'bad'],
];
for (const [what, text, bodies] of requests) {
  test(`countRequests: ${what} is ${bodies === 'bad' ? 'bad' : `${bodies.length} whole`}`, () => {
    const { whole, fault } = countRequests(text);
    if (bodies === 'bad') assert.notEqual(fault, undefined);
    else assert.deepEqual([whole.map(({ body }) => body), fault], [bodies, undefined]);
  });
}

const ok = 'HTTP/1.1 200 OK\r\n';
const responses: [what: string, text: string, read: string | 'incomplete' | 'bad'][] = [
  ['a length', `${ok}Content-Length: 3\r\n\r\nabc`, '200 abc'],
  ['a length behind 100 and 103', `HTTP/1.1 100 C\r\n\r\nHTTP/1.1 103 E\r\n\r\n${ok}Content-Length: 3\r\n\r\nabc`, '200 abc'],
  ['204 with a length', 'HTTP/1.1 204 None\r\nContent-Length: 3\r\n\r\n', '204 '],
  ['a length that is not reached', `${ok}Content-Length: 4\r\n\r\nabc`, 'incomplete'],
  ['no length', `${ok}\r\nabc`, 'incomplete'],
  ['chunks without an end', `${ok}Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n`, 'incomplete'],
  ['both framings', `${ok}Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n`, 'bad'],
  ['101', 'HTTP/1.1 101 Switching\r\n\r\n', 'bad'],
  ['HTTP/2.0', 'HTTP/2.0 200 OK\r\n\r\n', 'bad'],
  ['chunks in HTTP/1.0', 'HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n', 'bad'],
  ['something else', 'hello\r\n\r\n', 'bad'],
];
for (const [what, text, expected] of responses) {
  test(`readResponse: ${what} is ${expected.includes(' ') ? 'whole' : expected}`, () => {
    const read = readResponse(text, 'GET', false);
    assert.equal(read.kind === 'whole' ? `${read.message.status} ${read.message.body}` : read.kind, expected);
  });
}

test('readResponse: a body without a length is whole when the connection has ended, and none follows HEAD', () => {
  const ended = readResponse(`${ok}\r\nabc`, 'GET', true);
  assert.equal(ended.kind === 'whole' && ended.message.body, 'abc');
  const head = readResponse(`${ok}Content-Length: 3\r\n\r\n`, 'HEAD', false);
  assert.equal(head.kind === 'whole' && head.message.body, '');
});
