import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { fromOctets, parseIpAddress } from './ip-address.ts';

const accepted = [
  ['192.0.2.1', '192.0.2.1'],
  ['0.0.0.0', '0.0.0.0'],
  ['2001:DB8::1', '2001:db8::1'],
  ['2001:0db8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
  ['::', '::'],
  ['::ffff:192.0.2.1', '::ffff:c000:201'],
] as const;
const refused = [
  '',
  '127.1',
  '0x7f.1',
  '2130706433',
  '0177.0.0.1',
  '1.2.3.256',
  '1.2.3.4.5',
  ' 1.2.3.4',
  '1.2.3.4 ',
  '１.2.3.4',
  'fe80::1%eth0',
  '[::1]',
  '1::2::3',
  ':::',
  '12345::',
  '::1.2.3',
  '::01.2.3.4',
  '1:2:3:4:5:6:7',
  '1.2.3.4/32',
  'example.com',
];

test('parseIpAddress: an address in decimal octets or in IPv6 text becomes its canonical text', () => {
  for (const [text, canonical] of accepted) assert.equal(parseIpAddress(text)?.text, canonical, text);
});

test('parseIpAddress: shorthand, other bases, zone ids, brackets and names are no addresses', () => {
  for (const text of refused) assert.equal(parseIpAddress(text), undefined, text);
});

test('parseIpAddress: reads back what fromOctets wrote, for all octets of either length', () => {
  const octets = fc
    .constantFrom(4, 16)
    .chain((length) => fc.array(fc.integer({ min: 0, max: 255 }), { minLength: length, maxLength: length }));
  fc.assert(fc.property(octets, (value) => assert.deepEqual(parseIpAddress(fromOctets(value).text)?.octets, value)));
});

test('parseIpAddress: any string gives an address that reads back as itself, or undefined', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.ipV4(), fc.ipV6()), (text) => {
      const address = parseIpAddress(text);
      assert.equal(address && parseIpAddress(address.text)?.text, address?.text);
    }),
  );
});
