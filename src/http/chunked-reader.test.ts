import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ChunkedReader } from './chunked-reader.ts';
import { HttpError } from './http-error.ts';

/** What a reader makes of a body that comes in these pieces. */
function read(pieces: readonly (string | Buffer)[]) {
  const reader = new ChunkedReader();
  const data: Buffer[] = [];
  let behind = '';
  for (const piece of pieces) {
    const bytes = Buffer.from(piece as string, 'latin1');
    const count = reader.read(bytes, (part) => data.push(part));
    if (reader.ended) behind += bytes.toString('latin1', count);
    else assert.equal(count, bytes.length);
  }
  return { data: Buffer.concat(data), ended: reader.ended, trailers: reader.trailers, behind };
}

const bodies = fc.array(fc.uint8Array({ minLength: 1, maxLength: 40 }));

test('ChunkedReader: data comes out as it was put in, in whatever pieces the chunks come, and what is behind is left', () => {
  fc.assert(
    fc.property(bodies, fc.array(fc.nat()), fc.boolean(), (chunks, cuts, upperCase) => {
      const size = (length: number) => (upperCase ? length.toString(16).toUpperCase() : length.toString(16));
      const parts = chunks.map((chunk) => `${size(chunk.length)};a="\\"x";b\r\n${Buffer.from(chunk).toString('latin1')}\r\n`);
      const text = `${parts.join('')}000\r\nX-Sum: 5 \r\n\r\nbehind`;
      const places = [0, ...cuts.map((cut) => cut % text.length).sort((a, b) => a - b), text.length];
      const pieces = places.slice(1).map((end, index) => text.slice(places[index], end));
      assert.deepEqual(read(pieces), { data: Buffer.concat(chunks), ended: true, trailers: ['X-Sum', '5'], behind: 'behind' });
    }),
  );
});

test('ChunkedReader: nothing but an HttpError comes out, and no more data than went in', () => {
  const bytes = fc.string({ unit: fc.constantFrom('0', '3', 'f', ';', 'a', '=', '"', '\r', '\n', '\r\n', ':', ' ', '\0', 'xyz') });
  fc.assert(
    fc.property(fc.array(bytes), (pieces) => {
      try {
        assert.ok(read(pieces).data.length <= pieces.join('').length);
      } catch (error) {
        if (!(error instanceof HttpError)) throw error;
      }
    }),
    { numRuns: 2_000 },
  );
});

const bad: [what: string, body: string][] = [
  ['no size', '\r\n'],
  ['a size with 0x', '0x3\r\nabc\r\n'],
  ['a signed size', '+3\r\nabc\r\n'],
  ['a space before the size', ' 3\r\nabc\r\n'],
  ['a space behind the size', '3 \r\nabc\r\n'],
  ['a size of 17 digits', `${'0'.repeat(16)}3\r\nabc\r\n`],
  ['a size that cannot be counted', 'ffffffffffffffff\r\nabc'],
  ['a size that ends in LF', '3\nabc\r\n'],
  ['a size that ends in CR', '3\rabc\r\n'],
  ['an extension without a name', '3;\r\nabc\r\n'],
  ['an extension whose value has not ended', '3;a="b\r\nabc\r\n'],
  ['LF in an extension', '3;a=\n\r\nabc\r\n'],
  ['a control in an extension', '3;a=\x01\r\nabc\r\n'],
  ['an endless extension', `3;${'a'.repeat(5_000)}`],
  ['a chunk that is too long', '3\r\nabcd\r\n'],
  ['a chunk that ends in LF', '3\r\nabc\n'],
  ['a folded trailer', '0\r\nX: y\r\n z\r\n\r\n'],
  ['a trailer without a name', '0\r\n: y\r\n\r\n'],
  ['a length as a trailer', '0\r\nContent-Length: 3\r\n\r\n'],
  ['a coding as a trailer', '0\r\ntransfer-encoding: chunked\r\n\r\n'],
  ['endless trailers', `0\r\n${'X: y\r\n'.repeat(20_000)}`],
];
for (const [what, body] of bad) {
  test(`ChunkedReader: ${what} is refused, in one piece and byte by byte`, () => {
    assert.throws(() => read([body]), HttpError);
    assert.throws(() => read([...body]), HttpError);
  });
}

for (const body of ['3', '3;a', '3\r', '3\r\n', '3\r\nab', '3\r\nabc\r', '0\r\n', '0\r\nX: y\r\n', '0\r\n\r']) {
  test(`ChunkedReader: ${JSON.stringify(body)} has not ended`, () => assert.equal(read([body]).ended, false));
}
