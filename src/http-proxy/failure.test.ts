import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { DnsError } from '../dns/dns-error.ts';
import { DialError } from '../net/dial.ts';
import { answers, Failure, failureOf } from './failure.ts';

test('answers: docs/http-proxy.md has a row for each status and error, and no row more', () => {
  const doc = readFileSync(new URL('../../docs/http-proxy.md', import.meta.url), 'utf8');
  const rows = [...doc.matchAll(/^\| (\d{3}) \| `(\w+)` \|/gm)].map(([, status, error]) => `${status} ${error}`);
  const known = new Set(Object.values(answers).map(({ status, error }) => `${status} ${error}`));
  assert.deepEqual(rows.toSorted(), [...known].toSorted());
});

const cases: [error: unknown, status: number, errorType: string][] = [
  [new DnsError('not-found', 'x'), 503, 'dns_error'],
  [new DnsError('no-data', 'x'), 503, 'dns_error'],
  [new DnsError('server-failed', 'x'), 503, 'dns_error'],
  [new DnsError('unreachable', 'x'), 503, 'dns_error'],
  [new DnsError('timeout', 'x'), 503, 'dns_timeout'],
  [new DialError('refused', 'x'), 503, 'connection_refused'],
  [new DialError('unreachable', 'x'), 503, 'destination_ip_unroutable'],
  [new DialError('exhausted', 'x'), 503, 'connection_limit_reached'],
  [new DialError('timeout', 'x'), 504, 'connection_timeout'],
  [new DialError('aborted', 'x'), 503, 'destination_unavailable'],
  [new Failure('denied', 'x'), 403, 'http_request_denied'],
  [new TypeError('x'), 500, 'proxy_internal_error'],
];
for (const [error, status, errorType] of cases) {
  test(`failureOf: ${error instanceof Error ? error.name : ''} ${JSON.stringify(error)} is ${status} ${errorType}`, () => {
    const failure = failureOf(error);
    assert.deepEqual([failure.status, failure.errorType], [status, errorType]);
  });
}
