import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Failure } from './failure.ts';
import { formatFailureResponse, writeFailurePage } from './failure-page.ts';

test('formatFailureResponse: the whole text of a failure', () => {
  assert.equal(
    formatFailureResponse(new Failure('denied', 'denied by LIST:3 !*.example.com')),
    [
      'HTTP/1.1 403 Forbidden',
      'Content-Type: text/plain; charset=utf-8',
      'Content-Length: 61',
      'Proxy-Status: egress-router; error=http_request_denied; details="denied by LIST:3 !*.example.com"',
      'Connection: close',
      '',
      '403 Forbidden\negress-router: denied by LIST:3 !*.example.com\n',
    ].join('\r\n'),
  );
});

test('writeFailurePage: no text gets out of its field, and the page is bounded', () => {
  const { fields, body } = writeFailurePage(new Failure('bad-request', `"\\\r\nX-Evil: 1\u00fc${'x'.repeat(1_000)}`));
  const status = fields[fields.indexOf('Proxy-Status') + 1] ?? '';
  assert.match(status, /^egress-router; error=http_request_error; details="\\"\\\\\?\?X-Evil: 1\?x+\.\.\."$/);
  assert.ok(body.length < 600);
  assert.equal(fields[fields.indexOf('Content-Length') + 1], String(Buffer.byteLength(body)));
});
