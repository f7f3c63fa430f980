import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { addressBits, fromOctets, parseIpAddress } from './ip-address.ts';
import { type Prefix, parsePrefix, prefixContains, prefixOf } from './prefix.ts';
import { PrefixTree } from './prefix-tree.ts';

function treeOf(...texts: string[]): PrefixTree<string> {
  const tree = new PrefixTree<string>();
  for (const text of texts) {
    const prefix = parsePrefix(text);
    assert.ok(prefix, text);
    tree.add(prefix, text);
  }
  return tree;
}

function valuesOf(tree: PrefixTree<string>, text: string): string[] {
  const address = parseIpAddress(text);
  assert.ok(address, text);
  return tree.valuesOf(address);
}

test('PrefixTree.valuesOf: finds every prefix around the address, the shortest first', () => {
  const tree = treeOf('192.0.2.7/32', '192.0.2.0/24', '192.0.0.0/20', '0.0.0.0/0', '192.0.2.4/30', '198.51.100.0/24');
  assert.deepEqual(valuesOf(tree, '192.0.2.7'), ['0.0.0.0/0', '192.0.0.0/20', '192.0.2.0/24', '192.0.2.4/30', '192.0.2.7/32']);
  assert.deepEqual(valuesOf(tree, '203.0.113.1'), ['0.0.0.0/0']);
});

test('PrefixTree.valuesOf: the families are apart', () => {
  assert.deepEqual(valuesOf(treeOf('::/0'), '0.0.0.0'), []);
  assert.deepEqual(valuesOf(treeOf('0.0.0.0/0'), '::'), []);
});

test('PrefixTree: a prefix that is added twice has both values', () => {
  assert.deepEqual(valuesOf(treeOf('192.0.2.0/24', '192.0.2.0/24'), '192.0.2.1').length, 2);
});

/** Few different octets, so that prefixes meet. */
const octet = fc.constantFrom(0, 1, 127, 128, 255);
const address = fc
  .constantFrom(4, 16)
  .chain((count) => fc.array(octet, { minLength: count, maxLength: count }))
  .map(fromOctets);
const prefix: fc.Arbitrary<Prefix> = address.chain((network) =>
  fc.integer({ min: 0, max: addressBits(network.family) }).map((length) => prefixOf(network, length)),
);

test('PrefixTree.valuesOf: finds what a look at every prefix finds', () => {
  fc.assert(
    fc.property(fc.array(prefix, { maxLength: 30 }), address, (prefixes, wanted) => {
      const tree = new PrefixTree<number>();
      for (const [index, each] of prefixes.entries()) tree.add(each, index);
      const expected = [...prefixes.keys()].filter((index) => {
        const each = prefixes[index];
        return each !== undefined && prefixContains(each, wanted);
      });
      assert.deepEqual(
        tree.valuesOf(wanted).toSorted((a, b) => a - b),
        expected,
      );
    }),
    { numRuns: 500 },
  );
});
