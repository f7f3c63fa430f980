import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parsePort } from './port.ts';

const refused = ['', '0', '65536', '99999', '100000', '080', '+80', '-1', ' 80', '80 ', '8e1', '0x50', '80.0', '８０', '80\n', 'http'];

test('parsePort: reads every port from 1 to 65535', () => {
  fc.assert(fc.property(fc.integer({ min: 1, max: 65535 }), (port) => assert.equal(parsePort(String(port)), port)));
  assert.deepEqual([parsePort('1'), parsePort('65535')], [1, 65535]);
});

test('parsePort: zero, numbers beyond 65535, signs, leading zeros, spaces and other bases are no ports', () => {
  for (const text of refused) assert.equal(parsePort(text), undefined, JSON.stringify(text));
});

test('parsePort: any string gives undefined or a number that is written as that string', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.integer().map(String)), (text) => {
      const port = parsePort(text);
      assert.ok(port === undefined || String(port) === text);
    }),
  );
});
