import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findResponseHeadFault, isBodiless } from './response-head.ts';

const rows: [version: string, status: number, fields: readonly string[], fault: RegExp | undefined][] = [
  ['1.1', 200, [], undefined],
  ['1.0', 200, ['Content-Length', '0'], undefined],
  ['1.1', 103, ['Link', '</a>'], undefined],
  ['1.1', 200, ['Transfer-Encoding', 'Chunked'], undefined],
  ['1.1', 200, Array.from({ length: 4_000 }, () => 'x'), undefined],
  ['2.0', 200, [], /HTTP\/2\.0/],
  ['1.2', 200, [], /HTTP\/1\.2/],
  ['0.9', 200, [], /HTTP\/0\.9/],
  ['1.1', 200, Array.from({ length: 4_002 }, () => 'x'), /more than 2000 fields/],
  ['1.1', 200, ['Content-Length', '3', 'content-length', '3'], /not one decimal number/],
  ['1.1', 200, ['Content-Length', ''], /not one decimal number/],
  ['1.1', 200, ['Content-Length', '+3'], /not one decimal number/],
  ['1.1', 200, ['Content-Length', '3', 'Transfer-Encoding', 'chunked'], /both/],
  ['1.0', 200, ['Transfer-Encoding', 'chunked'], /HTTP\/1\.0/],
  ['1.1', 200, ['Transfer-Encoding', 'gzip, chunked'], /other than chunked/],
  ['1.1', 200, ['Transfer-Encoding', 'gzip'], /other than chunked/],
  ['1.1', 200, ['Transfer-Encoding', ''], /other than chunked/],
  ['1.1', 200, ['Transfer-Encoding', 'chunked', 'Transfer-Encoding', 'chunked'], /other than chunked/],
];
for (const [version, status, fields, fault] of rows) {
  const what = `HTTP/${version} ${status} ${fields.length > 8 ? `and ${fields.length / 2} fields` : JSON.stringify(fields)}`;
  test(`findResponseHeadFault: ${what} is ${fault === undefined ? 'taken' : 'refused'}`, () => {
    const found = findResponseHeadFault({ version, fields });
    if (fault === undefined) assert.equal(found, undefined);
    else assert.match(found ?? '', fault);
  });
}

test('isBodiless: answers to HEAD, informational ones, 204 and 304 have no body', () => {
  assert.deepEqual(
    [
      isBodiless('HEAD', 200),
      isBodiless('GET', 103),
      isBodiless('GET', 204),
      isBodiless('GET', 304),
      isBodiless('GET', 200),
      isBodiless('POST', 205),
    ],
    [true, true, true, true, false, false],
  );
});
