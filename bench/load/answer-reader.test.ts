import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { AnswerError, AnswerReader } from './answer-reader.ts';

const body = Buffer.from('0123456789');
const ok = 'HTTP/1.1 200 OK\r\nVia: 1.1 proxy\r\ncontent-length: 10\r\n\r\n0123456789';

test('AnswerReader: takes answers in any pieces, one after the other', () => {
  const stream = Buffer.from(ok + ok);
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: ok.length }), { maxLength: 6 }), (cuts) => {
      const reader = new AnswerReader({ status: 200, body });
      let complete = 0;
      // A proxy waits for the next request, so no piece holds parts of two answers.
      for (const start of [0, ok.length]) {
        const edges = [0, ...cuts.toSorted((a, b) => a - b), ok.length];
        for (const [index, edge] of edges.slice(1).entries()) {
          const piece = stream.subarray(start + (edges[index] ?? 0), start + edge);
          if (piece.length > 0 && reader.push(piece)) complete += 1;
        }
      }
      assert.equal(complete, 2);
      assert.equal(reader.bodyBytes, body.length);
    }),
  );
});

const wrong = [
  ['another status', 'HTTP/1.1 503 Service Unavailable\r\nContent-Length: 10\r\n\r\n0123456789'],
  ['another length', 'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n012345678'],
  ['no length', 'HTTP/1.1 200 OK\r\n\r\n0123456789'],
  ['another byte', 'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n012345678x'],
  ['too much', `${ok}!`],
  ['no HTTP', '+OK\r\n\r\n'],
  ['a head without end', `HTTP/1.1 200 OK\r\n${'a'.repeat(20_000)}`],
] as const;

for (const [fault, text] of wrong) {
  test(`AnswerReader: ${fault} is no answer`, () => {
    assert.throws(() => new AnswerReader({ status: 200, body }).push(Buffer.from(text)), AnswerError);
  });
}

test('AnswerReader: an answer without the last byte is not complete', () => {
  assert.equal(new AnswerReader({ status: 200, body }).push(Buffer.from(ok.slice(0, -1))), false);
});

test('AnswerReader: an answer to CONNECT ends with its head, whatever that says of a body', () => {
  const reader = new AnswerReader({ status: 200, body: undefined });
  assert.equal(reader.push(Buffer.from('HTTP/1.1 200 Connection established\r\nContent-Length: 5\r\n\r\n')), true);
});

test('AnswerReader.keepsConnection: is what the version and the Connection field say', () => {
  for (const [version, field, expected] of [
    ['1.1', '', true],
    ['1.1', 'Connection: close\r\n', false],
    ['1.0', '', false],
    ['1.0', 'connection: Keep-Alive\r\n', true],
  ] as const) {
    const reader = new AnswerReader({ status: 200, body: Buffer.from('') });
    reader.push(Buffer.from(`HTTP/${version} 200 OK\r\nContent-Length: 0\r\n${field}\r\n`));
    assert.equal(reader.keepsConnection, expected, `${version} ${field}`);
  }
});
