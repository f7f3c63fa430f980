import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isForbiddenAddress, isForbiddenName } from './world.ts';

test('isForbiddenAddress: special and denied addresses are, in whatever clothes, and others are not', () => {
  const forbidden = [
    '127.1.2.3',
    '0.0.0.0',
    '169.254.169.254',
    '10.96.0.10',
    '10.128.0.5',
    '203.0.113.129',
    '::1',
    'fe80::1',
    '::ffff:127.0.0.1',
    '64:ff9b::7f00:1',
    '2002:7f00:1::',
    '2001:db8:bad::1',
    'fd00:96::a',
  ];
  const open = ['198.51.100.1', '203.0.113.1', '10.0.0.1', '2001:db8::1', '64:ff9b::c633:6401', '2002:c633:6401::', '::ffff:198.51.100.1'];
  assert.deepEqual(forbidden.filter(isForbiddenAddress), forbidden);
  assert.deepEqual(open.filter(isForbiddenAddress), []);
});

test('isForbiddenName: the denied name is, whatever its case and with a dot behind it, and so are names below it', () => {
  const forbidden = ['denied.test', 'DENIED.test', 'denied.test.', 'a.denied.test'];
  assert.deepEqual([...forbidden, 'open.test', 'undenied.test', 'denied.test.example'].filter(isForbiddenName), forbidden);
});
