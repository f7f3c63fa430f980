import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseFibTrie, parseIfInet6 } from './own-addresses.ts';

test('parseFibTrie: gives the addresses that are local, and neither networks, broadcasts nor routes', () => {
  const text = `Main:
  +-- 0.0.0.0/0 3 0 5
     |-- 0.0.0.0
        /0 universe UNICAST
     +-- 127.0.0.0/31 1 0 0
        |-- 127.0.0.0
           /8 host LOCAL
        |-- 127.0.0.1
           /32 host LOCAL
     |-- 127.255.255.255
        /32 link BROADCAST
     +-- 192.0.2.0/24 2 0 2
        |-- 192.0.2.0
           /24 link UNICAST
           /32 host LOCAL
        |-- 192.0.2.2
           /32 universe UNICAST
        |-- 192.0.2.3
           /32 host LOCAL
`;
  assert.deepEqual(
    parseFibTrie(text).map((address) => address.text),
    ['127.0.0.1', '192.0.2.0', '192.0.2.3'],
  );
  assert.deepEqual(parseFibTrie(''), []);
});

test('parseIfInet6: gives the address of each line', () => {
  const text = `fe8000000000000000fc00fffe000001 04 40 20 80     eth0
00000000000000000000000000000001 01 80 10 80       lo
`;
  assert.deepEqual(
    parseIfInet6(text).map((address) => address.text),
    ['fe80::fc:ff:fe00:1', '::1'],
  );
  assert.deepEqual(parseIfInet6(''), []);
});
