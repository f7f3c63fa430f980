import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseBasicCredentials } from './basic-credentials.ts';

const basic = (text: string | Buffer) => `Basic ${Buffer.from(text).toString('base64')}`;

test('parseBasicCredentials: the user ends at the first colon, and both are UTF-8', () => {
  assert.deepEqual(parseBasicCredentials(basic('alice:pa:ss')), { name: 'alice', password: 'pa:ss' });
  assert.deepEqual(parseBasicCredentials(basic('zoë:ключ')), { name: 'zoë', password: 'ключ' });
  assert.deepEqual(parseBasicCredentials(basic(':')), { name: '', password: '' });
  assert.deepEqual(parseBasicCredentials(`bASIC   ${Buffer.from('a:b').toString('base64')}`), { name: 'a', password: 'b' });
  // Clients that leave the padding out are understood (RFC 4648 3.2).
  assert.deepEqual(parseBasicCredentials('Basic YTpiYw'), { name: 'a', password: 'bc' });
});

const bad = [
  '',
  'Basic',
  'Basic ',
  'Bearer YTpi',
  'Basic YTpi YTpi',
  'Basic Y!',
  'BasicYTpi',
  basic('alice'),
  basic('a:b\0'),
  basic('a\r\n:b'),
];
for (const value of [...bad, basic(Buffer.from([0x61, 0x3a, 0xff]))]) {
  test(`parseBasicCredentials: '${value}' is none`, () => {
    assert.equal(parseBasicCredentials(value), undefined);
  });
}

test('parseBasicCredentials: what a client encodes is what it decodes to', () => {
  const text = fc.string({ unit: 'grapheme' }).filter((each) => !/\p{Cc}/u.test(each) && each.isWellFormed());
  fc.assert(
    fc.property(
      text.filter((name) => !name.includes(':')),
      text,
      (name, password) => {
        assert.deepEqual(parseBasicCredentials(basic(`${name}:${password}`)), { name, password });
      },
    ),
  );
});
