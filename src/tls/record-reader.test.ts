import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { record } from './client-hello.fixture.ts';
import { RecordReader } from './record-reader.ts';

test('RecordReader: gives type, length and bytes of each record, whatever the pieces', () => {
  const aRecord = fc.record({ type: fc.integer({ min: 20, max: 24 }), bytes: fc.array(fc.nat(255), { maxLength: 300 }) });
  fc.assert(
    fc.property(fc.array(aRecord, { maxLength: 6 }), fc.array(fc.nat(), { maxLength: 8 }), (records, cuts) => {
      const stream = Buffer.from(records.flatMap(({ type, bytes }) => record(bytes, type)));
      const places = [0, ...cuts.map((cut) => cut % (stream.length + 1)), stream.length].sort((a, b) => a - b);
      const reader = new RecordReader();
      const found: { type: number; recordLength: number; bytes: number[] }[] = [];
      for (const [index, end] of places.slice(1).entries()) {
        for (const { type, recordLength, bytes } of reader.read(stream.subarray(places[index], end))) {
          if (bytes.length === 0) found.push({ type, recordLength, bytes: [] });
          else found.at(-1)?.bytes.push(...bytes);
        }
      }
      assert.deepEqual(
        found,
        records.map(({ type, bytes }) => ({ type, recordLength: bytes.length, bytes })),
      );
      assert.equal(reader.type, undefined);
    }),
  );
});

test('RecordReader: tells the version, which is not always 3.x', () => {
  const [fragment] = new RecordReader().read(Buffer.from(record([], 22, [4, 1])));
  assert.equal(fragment?.majorVersion, 4);
});

test('RecordReader.type: is known from the first byte of a record to its last', () => {
  const reader = new RecordReader();
  const types = record([7, 7], 23).map((byte) => {
    for (const _ of reader.read(Buffer.from([byte])));
    return reader.type;
  });
  assert.deepEqual(types, [23, 23, 23, 23, 23, 23, undefined]);
});
