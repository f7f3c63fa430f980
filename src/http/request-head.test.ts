import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findRequestHeadFault } from './request-head.ts';

const host = ['Host', 'a.example'];
const cases: [what: string, method: string, version: string, fields: string[], fault: RegExp | undefined][] = [
  ['a plain request', 'GET', '1.1', host, undefined],
  ['a body with a length', 'POST', '1.1', [...host, 'Content-Length', '3'], undefined],
  ['a body in chunks', 'POST', '1.1', [...host, 'Transfer-Encoding', 'chunked'], undefined],
  ['GET with a body in HTTP/1.1', 'GET', '1.1', [...host, 'Content-Length', '3'], undefined],
  ['HTTP/1.0 without Host', 'GET', '1.0', [], undefined],
  ['CONNECT in HTTP/1.0 without Host', 'CONNECT', '1.0', [], undefined],
  ['CONNECT with an empty body', 'CONNECT', '1.1', [...host, 'Content-Length', '0'], undefined],
  ['HTTP/0.9', 'GET', '0.9', [], /HTTP\/0.9/],
  ['HTTP/2.0', 'GET', '2.0', host, /HTTP\/2.0/],
  ['a method of RTSP', 'DESCRIBE', '1.0', host, /DESCRIBE is no HTTP method/],
  ['no Host in HTTP/1.1', 'GET', '1.1', [], /no Host/],
  ['two Host fields', 'GET', '1.1', [...host, 'hOST', 'a.example'], /more than one Host/],
  ['two lengths', 'POST', '1.1', [...host, 'Content-Length', '3', 'content-length', '3'], /Content-Length/],
  ['a signed length', 'POST', '1.1', [...host, 'Content-Length', '+3'], /Content-Length/],
  ['a list of lengths', 'POST', '1.1', [...host, 'Content-Length', '3, 3'], /Content-Length/],
  ['an empty length', 'POST', '1.1', [...host, 'Content-Length', ''], /Content-Length/],
  ['length and chunks', 'POST', '1.1', [...host, 'Content-Length', '3', 'Transfer-Encoding', 'chunked'], /both/],
  ['chunks in HTTP/1.0', 'POST', '1.0', [...host, 'Transfer-Encoding', 'chunked'], /HTTP\/1.0/],
  ['an empty element before chunked', 'POST', '1.1', [...host, 'Transfer-Encoding', ',chunked'], /exactly chunked/],
  ['another coding before chunked', 'POST', '1.1', [...host, 'Transfer-Encoding', 'gzip, chunked'], /exactly chunked/],
  [
    'another coding in a field of its own',
    'POST',
    '1.1',
    [...host, 'Transfer-Encoding', 'gzip', 'Transfer-Encoding', 'chunked'],
    /exactly chunked/,
  ],
  ['chunked twice', 'POST', '1.1', [...host, 'Transfer-Encoding', 'chunked', 'Transfer-Encoding', 'chunked'], /exactly chunked/],
  ['identity', 'POST', '1.1', [...host, 'Transfer-Encoding', 'identity'], /exactly chunked/],
  ['GET with a body in HTTP/1.0', 'GET', '1.0', ['Content-Length', '3'], /GET with a body/],
  ['CONNECT with a body', 'CONNECT', '1.1', [...host, 'Content-Length', '3'], /CONNECT with a body/],
  ['CONNECT with chunks', 'CONNECT', '1.1', [...host, 'Transfer-Encoding', 'chunked'], /CONNECT with a body/],
];
for (const [what, method, version, fields, fault] of cases) {
  test(`findRequestHeadFault: ${what} is ${fault === undefined ? 'taken' : 'refused'}`, () => {
    const found = findRequestHeadFault({ method, version, fields });
    if (fault === undefined) assert.equal(found, undefined);
    else assert.match(found ?? 'nothing', fault);
  });
}
