import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type IpAddress, parseIpAddress } from '../net/ip-address.ts';
import { parsePrefix } from '../net/prefix.ts';
import { endpointRefusal } from './endpoint-refusal.ts';

const address = (text: string): IpAddress => {
  const parsed = parseIpAddress(text);
  assert.ok(parsed, text);
  return parsed;
};

const refusal = endpointRefusal(
  {
    nameservers: [address('172.30.0.10')],
    apiServer: { address: address('172.30.0.1'), port: 443 },
    cidrs: ['10.128.0.0/14', 'fd01::/48'].flatMap((text) => parsePrefix(text) ?? []),
  },
  () => [address('10.1.2.3'), address('2001:db8:12::99')],
);

const answers = [
  ['203.0.113.25', undefined],
  ['2001:db8:cafe::25', undefined],
  ['10.132.0.1', undefined],
  ['172.30.0.2', undefined],
  ['0.0.0.0', 'unspecified'],
  ['::', 'unspecified'],
  ['127.0.0.1', 'loopback'],
  ['127.255.255.254', 'loopback'],
  ['::1', 'loopback'],
  ['169.254.169.254', 'link-local'],
  ['fe80::1', 'link-local'],
  ['224.0.0.1', 'multicast'],
  ['ff02::1', 'multicast'],
  ['255.255.255.255', 'broadcast'],
  ['::ffff:127.0.0.1', 'mapped'],
  ['::ffff:203.0.113.25', 'mapped'],
  ['10.1.2.3', 'own address'],
  ['2001:db8:12::99', 'own address'],
  ['172.30.0.10', 'nameserver'],
  ['172.30.0.1', 'Kubernetes API'],
  ['10.131.255.255', 'cluster range 10.128.0.0/14'],
  ['fd01::5', 'cluster range fd01::/48'],
] as const;

for (const [text, cause] of answers) {
  test(`endpointRefusal: an answer of ${text} is ${cause === undefined ? 'an endpoint' : `refused: ${cause}`}`, () => {
    assert.equal(refusal(address(text)), cause);
  });
}
