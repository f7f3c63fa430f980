import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkDeeds, checkRequests, type Invariant } from './invariant.ts';
import type { LogLine } from './proxy-message.ts';

const head = 'GET / HTTP/1.1\r\nHost: open.test\r\nVia: 1.1 egress-router-0a\r\n';
const request = `${head}\r\n`;
const served: LogLine = { msg: 'request', decision: 'allow', status: 222 };

const rows: [what: string, received: readonly string[], lines: readonly LogLine[], broken: Invariant | undefined][] = [
  ['a request that was served', [request], [served], undefined],
  ['two on one connection', [request + request], [served, served], undefined],
  ['one that broke off', [`${head}content-length: 3\r\n\r\na`], [{ ...served, status: 400 }], undefined],
  ['a request that nobody asked for', [request + request], [served], 'one-request'],
  ['a request that was denied', [request], [{ msg: 'request', decision: 'deny', status: 403 }], 'one-request'],
  ['an answer to no request', [], [served], 'one-request'],
  ['both framings', [`${head}content-length: 0\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n`], [served], 'own-words'],
  ['a raw head', ['GET http://open.test/ HTTP/1.1\r\nHost: x\r\n\r\n'], [served], 'own-words'],
  ['no Via', ['GET / HTTP/1.1\r\nHost: open.test\r\n\r\n'], [served], 'own-words'],
  ['credentials for the proxy', [`${head}Proxy-Authorization: Basic eDp5\r\n\r\n`], [served], 'own-words'],
  ['a second Host', [`${head}Host: open.test\r\n\r\n`], [served], 'own-words'],
  ['a denied Host', [request.replace('open.test', 'denied.test.:8080')], [served], 'reach'],
];
for (const [what, received, lines, broken] of rows) {
  test(`checkRequests: ${what} ${broken === undefined ? 'is fine' : `breaks ${broken}`}`, () => {
    const check = () => checkRequests(received, { dials: [], lines, leaked: 0 });
    if (broken === undefined) assert.equal(check().length, received.length);
    else assert.throws(check, { name: 'ViolationError', invariant: broken });
  });
}

test('checkDeeds: a forbidden address and a descriptor that stays are violations', () => {
  const deeds = { lines: [], dials: [{ address: '198.51.100.1', port: 80 }], leaked: 0 };
  checkDeeds(deeds);
  assert.throws(() => checkDeeds({ ...deeds, leaked: 1 }), { invariant: 'descriptors' });
  assert.throws(() => checkDeeds({ ...deeds, dials: [{ address: '::1', port: 80 }] }), { invariant: 'reach' });
});
