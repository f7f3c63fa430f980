import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { addressBits, fromOctets } from './ip-address.ts';
import { formatPrefix, hostPrefix, parsePrefix, prefixContains, prefixCovers, prefixOf } from './prefix.ts';

const accepted = [
  ['192.0.2.0/24', '192.0.2.0/24'],
  ['192.0.2.77/24', '192.0.2.0/24'],
  ['255.255.255.255/9', '255.128.0.0/9'],
  ['192.0.2.1/32', '192.0.2.1/32'],
  ['0.0.0.0/0', '0.0.0.0/0'],
  ['2001:DB8:1::9/32', '2001:db8::/32'],
  ['2001:db8::1/128', '2001:db8::1/128'],
  ['::/0', '::/0'],
] as const;
const refused = ['', '/', '/24', '192.0.2.0', '192.0.2.0/', '192.0.2.0/33', '192.0.2.0/024', '192.0.2.0/-1', '192.0.2.0/255.255.255.0'];
const refusedToo = [
  '192.0.2.0/24/24',
  '192.0.2.0 /24',
  '192.0.2/24',
  '2001:db8::/129',
  '2001:db8::/32 ',
  'fe80::%eth0/64',
  'example.com/24',
];

const octets = (length: number) => fc.array(fc.integer({ min: 0, max: 255 }), { minLength: length, maxLength: length });
const addresses = fc.oneof(octets(4), octets(16)).map(fromOctets);
const lengths = fc.double({ min: 0, max: 1, noNaN: true });

test('parsePrefix: an address and a length become the network and its length', () => {
  for (const [text, canonical] of accepted) {
    const prefix = parsePrefix(text);
    assert.equal(prefix && formatPrefix(prefix), canonical, text);
  }
});

test('parsePrefix: masks, lengths beyond the family, missing lengths and names are no prefixes', () => {
  for (const text of [...refused, ...refusedToo]) assert.equal(parsePrefix(text), undefined, JSON.stringify(text));
});

test('prefixOf: contains its address, reads back as it is written, and covers the host prefix', () => {
  fc.assert(
    fc.property(addresses, lengths, (address, share) => {
      const prefix = prefixOf(address, Math.round(share * addressBits(address.family)));
      assert.ok(prefixContains(prefix, address));
      assert.deepEqual(parsePrefix(formatPrefix(prefix)), prefix);
      assert.ok(prefixCovers(prefix, hostPrefix(address)));
    }),
  );
});

test('prefixContains: an address that differs in a bit of the prefix is outside, in a later bit inside', () => {
  fc.assert(
    fc.property(addresses, lengths, lengths, (address, share, place) => {
      const bits = addressBits(address.family);
      const length = Math.round(share * bits);
      const bit = Math.min(Math.floor(place * bits), bits - 1);
      const other = fromOctets(address.octets.map((octet, index) => (index === bit >> 3 ? octet ^ (0x80 >> (bit & 7)) : octet)));
      assert.equal(prefixContains(prefixOf(address, length), other), bit >= length);
    }),
  );
});

test('prefixContains: never across families, not even with length 0', () => {
  const any = parsePrefix('::/0');
  assert.ok(any);
  assert.equal(prefixContains(any, fromOctets([192, 0, 2, 1])), false);
  assert.equal(prefixCovers(any, hostPrefix(fromOctets([192, 0, 2, 1]))), false);
});
