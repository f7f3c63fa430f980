import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { HeadReader, LongHeadError } from './head-reader.ts';
import { HttpError } from './http-error.ts';

const latin1 = (text: string) => Buffer.from(text, 'latin1');

/** What a reader finds in bytes that come cut at these places; the place where it refused them, if it did. */
function findIn(text: string, cuts: readonly number[], limit = 1_000) {
  const reader = new HeadReader(limit);
  for (const end of [...new Set(cuts.map((cut) => cut % (text.length + 1)))].sort((a, b) => a - b).concat(text.length)) {
    try {
      const found = reader.find(latin1(text.slice(0, end)));
      if (found !== undefined) return found;
    } catch (error) {
      assert.ok(error instanceof HttpError);
      return { refusedAt: end };
    }
  }
  return undefined;
}

const head = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';

test('HeadReader: a head is found in whatever pieces it comes, and what is behind it is left', () => {
  fc.assert(
    fc.property(fc.array(fc.nat()), fc.string(), (cuts, behind) => {
      // The piece in which the head ends may have more.
      assert.deepEqual(findIn(`${head}${behind}`, cuts), { text: head.slice(0, -4), end: head.length });
    }),
  );
});

for (const text of [
  'G\0',
  '\x16\x03\x01',
  'GET / HTTP/1.1\n',
  '\n',
  'GET / HTTP/1.1\r\r',
  'GET /\r ',
  'A: b\r\nC\n',
  'A: b\x7f',
  '\r\n\n',
]) {
  test(`HeadReader: ${JSON.stringify(text)} is refused at once, byte by byte too, although it has no end`, () => {
    const refused = findIn(text, []);
    assert.deepEqual(refused, { refusedAt: text.length });
    assert.deepEqual(findIn(text, [...text].keys().toArray()), { refusedAt: text === '\x16\x03\x01' ? 1 : text.length });
  });
}

test('HeadReader: TLS is told from other bytes that are no head, whatever stands in its record', () => {
  const message = 'this is TLS where plain HTTP is spoken';
  for (const text of ['\x16', '\x16\x03\x01\x02\0\x01', '\x16\x03\x01\r\n\r\n', '\x15\x03\x03\0\x02\x02\x46']) {
    assert.throws(() => new HeadReader(1_000).find(latin1(text)), { message });
  }
  assert.throws(() => new HeadReader(1_000).find(latin1('\x14\x03')), {
    message: 'the head has a control character, or a CR or LF that stands alone',
  });
});

test('HeadReader: a head may be as long as the limit, with its empty line, and no longer', () => {
  assert.deepEqual(findIn(head, [], head.length), { text: head.slice(0, -4), end: head.length });
  assert.throws(() => new HeadReader(head.length - 1).find(latin1(head)), LongHeadError);
  assert.throws(() => new HeadReader(10).find(latin1('GET / HTTP/')), LongHeadError);
});

test('HeadReader: after a head it looks for the next', () => {
  const reader = new HeadReader(1_000);
  assert.equal(reader.find(latin1('GET / HTTP/1.1\r\nHost')), undefined);
  assert.equal(reader.find(latin1(head))?.end, head.length);
  assert.equal(reader.find(latin1('A')), undefined);
  assert.equal(reader.find(latin1('A\r\n\r\n'))?.text, 'A');
});
