import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addressScope } from './address-scope.ts';
import { parseIpAddress } from './ip-address.ts';

const expected = [
  ['0.0.0.0', 'unspecified'],
  ['0.0.0.1', 'unicast'],
  ['126.255.255.255', 'unicast'],
  ['127.0.0.0', 'loopback'],
  ['127.255.255.255', 'loopback'],
  ['169.254.169.254', 'link-local'],
  ['169.255.0.0', 'unicast'],
  ['192.0.2.1', 'unicast'],
  ['223.255.255.255', 'unicast'],
  ['224.0.0.0', 'multicast'],
  ['239.255.255.255', 'multicast'],
  ['240.0.0.0', 'unicast'],
  ['255.255.255.254', 'unicast'],
  ['255.255.255.255', 'broadcast'],
  ['::', 'unspecified'],
  ['::1', 'loopback'],
  ['::2', 'unicast'],
  ['::ffff:192.0.2.1', 'mapped'],
  ['::fffe:192.0.2.1', 'unicast'],
  ['2001:db8::1', 'unicast'],
  ['fd00::1', 'unicast'],
  ['fe80::1', 'link-local'],
  ['febf::1', 'link-local'],
  ['fec0::1', 'unicast'],
  ['ff02::1', 'multicast'],
] as const;

test('addressScope: tells special ranges from unicast on both sides of each border', () => {
  for (const [text, scope] of expected) {
    const address = parseIpAddress(text);
    assert.ok(address);
    assert.equal(addressScope(address), scope, text);
  }
});
