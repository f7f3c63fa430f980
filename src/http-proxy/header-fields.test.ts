import assert from 'node:assert/strict';
import { test } from 'node:test';
import { forwardedFields, forwardedTrailers } from './header-fields.ts';

test('forwardedFields: end-to-end fields go on in order and as written, repeated ones too, and Via is added at the end', () => {
  const fields = ['Accept', '*/*', 'cookie', 'a', 'Cookie', 'b', 'X-Odd', ' \xe9', 'Via', '1.0 before'];
  assert.deepEqual(forwardedFields(fields, 'request', '1.1 us'), [...fields, 'Via', '1.1 us']);
});

const removed: [string, string][] = [
  ['Connection', 'close'],
  ['Keep-Alive', 'timeout=5'],
  ['Proxy-Connection', 'keep-alive'],
  ['Proxy-Authorization', 'Basic c2VjcmV0'],
  ['TE', 'trailers'],
  ['Transfer-Encoding', 'chunked'],
  ['Upgrade', 'h2c'],
  ['Trailer', 'X-Sum'],
  ['Expect', '100-continue'],
  ['Host', 'other.example'],
  ['X-Forwarded-For', '10.0.0.1'],
];
for (const [name, value] of removed) {
  test(`forwardedFields: ${name} of a request does not go on`, () => {
    assert.deepEqual(forwardedFields([name.toUpperCase(), value], 'request', 'v'), ['Via', 'v']);
  });
}

test('forwardedFields: what Connection names does not go on, over several fields and elements', () => {
  const fields = ['Connection', 'close, X-One ,,', 'X-One', '1', 'connection', 'x-two', 'X-TWO', '2', 'X-Three', '3'];
  assert.deepEqual(forwardedFields(fields, 'request', 'v'), ['X-Three', '3', 'Via', 'v']);
});

test('forwardedFields: Content-Length and Authorization go on although Connection names them', () => {
  const fields = ['Connection', 'Content-Length, Authorization, Host', 'Content-Length', '3', 'Authorization', 'x'];
  assert.deepEqual(forwardedFields(fields, 'request', 'v'), ['Content-Length', '3', 'Authorization', 'x', 'Via', 'v']);
});

test('forwardedFields: a response keeps what only requests lose', () => {
  const fields = ['Trailer', 'X-Sum', 'X-Forwarded-For', 'x', 'Set-Cookie', 'a', 'Proxy-Authenticate', 'Basic', 'Upgrade', 'h2'];
  assert.deepEqual(forwardedFields(fields, 'response', 'v'), ['Trailer', 'X-Sum', 'X-Forwarded-For', 'x', 'Set-Cookie', 'a', 'Via', 'v']);
  assert.ok(!forwardedFields(fields, 'response-without-trailers', 'v').includes('Trailer'));
});

test('forwardedTrailers: nothing that frames or routes a message goes on as a trailer', () => {
  const fields = ['X-Sum', '1', 'Content-Length', '3', 'Transfer-Encoding', 'chunked', 'Host', 'a', 'Trailer', 'b', 'Authorization', 'c'];
  assert.deepEqual(forwardedTrailers(fields), ['X-Sum', '1']);
});
