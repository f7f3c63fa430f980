import assert from 'node:assert/strict';
import { test } from 'node:test';
import { UploadReader } from './upload-reader.ts';

const body = Buffer.from('abcdefghij');
const upload = 'POST / HTTP/1.1\r\nContent-Length: 4\r\n\r\nabcd';

test('UploadReader: says how long an upload was once its last byte is there, one after the other', () => {
  const reader = new UploadReader(body);
  for (let turn = 0; turn < 2; turn++) {
    assert.deepEqual(reader.push(Buffer.from(upload.slice(0, 10))), { received: undefined, isWrong: false });
    assert.deepEqual(reader.push(Buffer.from(upload.slice(10, -1))), { received: undefined, isWrong: false });
    assert.deepEqual(reader.push(Buffer.from(upload.slice(-1))), { received: 4, isWrong: false });
    assert.match(reader.answer(4), /^HTTP\/1.1 200 OK\r\nContent-Length: 6\r\n\r\nread 4$/);
  }
});

for (const [fault, text] of [
  ['another byte', 'POST / HTTP/1.1\r\nContent-Length: 4\r\n\r\nabcx'],
  ['more than it said', `${upload}e`],
  ['chunked framing', 'POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nabcd\r\n0\r\n\r\n'],
] as const) {
  test(`UploadReader: ${fault} is wrong`, () => {
    assert.equal(new UploadReader(body).push(Buffer.from(text)).isWrong, true);
  });
}

test('UploadReader: says that it closes where the request asks for it', () => {
  const reader = new UploadReader(body);
  reader.push(Buffer.from('POST / HTTP/1.1\r\nConnection: close\r\nContent-Length: 1\r\n\r\na'));
  assert.equal(reader.closes, true);
  assert.match(reader.answer(1), /\r\nConnection: close\r\n/);
});
