import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseHostName } from './host-name.ts';
import { parseIpAddress } from './ip-address.ts';

const label = (length: number) => 'a'.repeat(length);
const accepted = [
  ['example.com', 'example.com'],
  ['Example.COM', 'example.com'],
  ['example.com.', 'example.com'],
  ['localhost', 'localhost'],
  ['_dmarc.example.com', '_dmarc.example.com'],
  ['r3---sn-x.example', 'r3---sn-x.example'],
  ['1and1.example', '1and1.example'],
  ['1.2.3.example', '1.2.3.example'],
  ['0x7f.example', '0x7f.example'],
  ['example.0xg', 'example.0xg'],
  ['bücher.example', 'xn--bcher-kva.example'],
  ['BÜCHER.example', 'xn--bcher-kva.example'],
  ['XN--BCHER-KVA.example', 'xn--bcher-kva.example'],
  ['faß.example', 'xn--fa-hia.example'],
  ['bücher。example', 'xn--bcher-kva.example'],
  [`${label(63)}.example`, `${label(63)}.example`],
  [`${label(63)}.${label(63)}.${label(63)}.${label(61)}.`, `${label(63)}.${label(63)}.${label(63)}.${label(61)}`],
] as const;
const refused = [
  '',
  '.',
  '..',
  '.example.com',
  'example..com',
  'example.com..',
  'exam ple.com',
  ' example.com',
  'example.com\n',
  'example.com:80',
  'user@example.com',
  'example.com/',
  'example\\com',
  '*.example.com',
  'ex%61mple.com',
  'b%C3%BCcher.bücher',
  'bücher.example/',
  'bücher／.example',
  `${label(64)}.example`,
  `${'é'.repeat(64)}.example`,
  `${label(63)}.${label(63)}.${label(63)}.${label(62)}`,
  '192.0.2.1',
  '127.1',
  '0x7f.1',
  '2130706433',
  '0177.0.0.1',
  '0x7f000001',
  '0x',
  'example.1',
  'example.09.',
  'example.0x1F',
  '１２７.1',
  '１２７.0.0.1',
  '①.example.１',
  '2001:db8::1',
  '[2001:db8::1]',
  '\ud800.example',
];

test('parseHostName: a name in any case, with or without its last dot, in Unicode or A-labels, becomes one canonical text', () => {
  for (const [text, canonical] of accepted) assert.equal(parseHostName(text), canonical, text);
});

test('parseHostName: malformed names, addresses and all that a resolver may take for an address are refused', () => {
  for (const text of refused) assert.equal(parseHostName(text), undefined, JSON.stringify(text));
});

test('parseHostName: whatever the string, the result is undefined or a name that parses to itself and is no address', () => {
  const pieces = fc.constantFrom('a', 'xn--', '1', '0x', '.', '-', '_', '%', 'ü', '１', '。', 'ß', '\u00ad', ':', '[', '/');
  fc.assert(
    fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.string({ unit: pieces, size: 'medium' }), fc.domain()), (text) => {
      const name = parseHostName(text);
      if (name === undefined) return;
      assert.equal(parseHostName(name), name);
      assert.equal(parseIpAddress(name), undefined);
      assert.equal(URL.parse(`http://${name}/`)?.hostname, name);
    }),
    { numRuns: 500 },
  );
});

test('parseHostName: every registrable domain is a name', () => {
  fc.assert(fc.property(fc.domain(), (domain) => assert.equal(parseHostName(domain), domain.toLowerCase())));
});
