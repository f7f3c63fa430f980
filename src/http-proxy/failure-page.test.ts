import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Failure } from './failure.ts';
import { formatFailurePage } from './failure-page.ts';

test('formatFailurePage: the whole text of a failure, and for HEAD its head alone', () => {
  const lines = (...connection: string[]) => [
    'HTTP/1.1 403 Forbidden',
    'Content-Type: text/plain; charset=utf-8',
    'Content-Length: 61',
    'Proxy-Status: egress-router; error=http_request_denied; details="denied by LIST:3 !*.example.com"',
    ...connection,
    '',
    '403 Forbidden\negress-router: denied by LIST:3 !*.example.com\n',
  ];
  const failure = new Failure('denied', 'denied by LIST:3 !*.example.com');
  assert.equal(formatFailurePage(failure, true), lines('Connection: close').join('\r\n'));
  assert.equal(formatFailurePage(failure, false, 'GET'), lines().join('\r\n'));
  // Else a client takes the page for the next response.
  assert.equal(formatFailurePage(failure, false, 'HEAD'), [...lines().slice(0, -1), ''].join('\r\n'));
});

test('formatFailurePage: no text gets out of its field, and the page is bounded', () => {
  const [head = '', body = ''] = formatFailurePage(new Failure('bad-request', `"\\\r\nX-Evil: 1\u00fc${'x'.repeat(1_000)}`), false).split(
    /\r\n\r\n/,
  );
  assert.match(head, /\r\nProxy-Status: egress-router; error=http_request_error; details="\\"\\\\\?\?X-Evil: 1\?x+\.\.\."$/);
  assert.match(head, new RegExp(`\r\nContent-Length: ${Buffer.byteLength(body)}\r\n`));
  assert.ok(body.length < 600);
});
