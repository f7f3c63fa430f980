import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseSourceIps } from './source-ip-variables.ts';

function parse(source: string | undefined, gateway: string | undefined, required = true) {
  return parseSourceIps({ EGRESS_SOURCE: source, EGRESS_GATEWAY: gateway }, required);
}

const valid = [
  ['192.0.2.9', '192.0.2.1', ['192.0.2.9 via 192.0.2.1']],
  ['192.0.2.9/24', '192.0.2.1', ['192.0.2.9/24 via 192.0.2.1']],
  [' 192.0.2.9/24\n', ' 192.0.2.1 ', ['192.0.2.9/24 via 192.0.2.1']],
  ['2001:DB8::9/64', '2001:db8::1', ['2001:db8::9/64 via 2001:db8::1']],
  ['2001:db8::9', 'fe80::1', ['2001:db8::9 via fe80::1']],
  ['2001:db8::9/64, 192.0.2.9/24', '192.0.2.1 ,fe80::1', ['192.0.2.9/24 via 192.0.2.1', '2001:db8::9/64 via fe80::1']],
  // A gateway outside the prefix is on-link by its host route, and point-to-point prefixes use all their addresses.
  ['192.0.2.9/24', '198.51.100.1', ['192.0.2.9/24 via 198.51.100.1']],
  ['192.0.2.9/24', '169.254.1.1', ['192.0.2.9/24 via 169.254.1.1']],
  ['192.0.2.8/31', '192.0.2.9', ['192.0.2.8/31 via 192.0.2.9']],
  ['192.0.2.9/32', '192.0.2.8', ['192.0.2.9/32 via 192.0.2.8']],
  ['2001:db8::/127', '2001:db8::1', ['2001:db8::/127 via 2001:db8::1']],
  ['2001:db8::9/64', '2001:db8::', ['2001:db8::9/64 via 2001:db8::']],
  ['2001:db8::ffff:ffff:ffff:ffff/64', '2001:db8::1', ['2001:db8::ffff:ffff:ffff:ffff/64 via 2001:db8::1']],
  ['192.0.2.0', '192.0.2.255', ['192.0.2.0 via 192.0.2.255']],
] as const;

const refused = [
  [undefined, undefined, ['SOURCE', 'GATEWAY']],
  ['', ' ', ['SOURCE', 'GATEWAY']],
  ['192.0.2.9', undefined, ['GATEWAY']],
  [undefined, '192.0.2.1', ['SOURCE']],
  ['999.1.1.1', '192.0.2.1', ["SOURCE: '999.1.1.1' is no address"]],
  ['router.example', '192.0.2.1', ["SOURCE: 'router.example' is no address"]],
  ['192.0.2.9/24/24', '192.0.2.1', ["SOURCE: '192.0.2.9/24/24' is no address"]],
  ['192.0.2.9/33', '192.0.2.1', ["SOURCE: '33' is no length of an IPv4 prefix"]],
  ['192.0.2.9/0', '192.0.2.1', ["SOURCE: '0' is no length of an IPv4 prefix"]],
  ['192.0.2.9/', '192.0.2.1', ["SOURCE: '' is no length of an IPv4 prefix"]],
  ['2001:db8::9/129', 'fe80::1', ["SOURCE: '129' is no length of an IPv6 prefix"]],
  ['192.0.2.0/24', '192.0.2.1', ['SOURCE: 192.0.2.0 is the network address of 192.0.2.0/24']],
  ['192.0.2.255/24', '192.0.2.1', ['SOURCE: 192.0.2.255 is the broadcast address of 192.0.2.0/24']],
  ['10.15.255.255/12', '10.0.0.1', ['SOURCE: 10.15.255.255 is the broadcast address of 10.0.0.0/12']],
  ['2001:db8::/64', 'fe80::1', ['SOURCE: 2001:db8:: is the network address of 2001:db8::/64']],
  ['0.0.0.0', '192.0.2.1', ['SOURCE: 0.0.0.0 is unspecified']],
  ['127.0.0.1', '192.0.2.1', ['SOURCE: 127.0.0.1 is loopback']],
  ['169.254.0.9', '192.0.2.1', ['SOURCE: 169.254.0.9 is link-local']],
  ['224.0.0.9', '192.0.2.1', ['SOURCE: 224.0.0.9 is multicast']],
  ['255.255.255.255', '192.0.2.1', ['SOURCE: 255.255.255.255 is broadcast']],
  ['fe80::9', 'fe80::1', ['SOURCE: fe80::9 is link-local']],
  ['::ffff:192.0.2.9', 'fe80::1', ['SOURCE: ::ffff:c000:209 is mapped']],
  ['192.0.2.9,192.0.2.10', '192.0.2.1', ['SOURCE: more than one IPv4 address']],
  ['192.0.2.9,', '192.0.2.1', ["SOURCE: '' is no address"]],
  ['192.0.2.9', '192.0.2.1/24', ["GATEWAY: '192.0.2.1/24' is no address"]],
  ['192.0.2.9', 'fe80::1%eth0', ["GATEWAY: 'fe80::1%eth0' is no address"]],
  ['192.0.2.9', '224.0.0.1', ['GATEWAY: 224.0.0.1 is multicast']],
  ['192.0.2.9', '0.0.0.0', ['GATEWAY: 0.0.0.0 is unspecified']],
  ['192.0.2.9', '192.0.2.9', ['GATEWAY: 192.0.2.9 is the source IP']],
  ['2001:db8::9', '2001:DB8:0::9', ['GATEWAY: 2001:db8::9 is the source IP']],
  ['192.0.2.9/24', '192.0.2.0', ['GATEWAY: 192.0.2.0 is the network address of 192.0.2.0/24']],
  ['192.0.2.9/24', '192.0.2.255', ['GATEWAY: 192.0.2.255 is the broadcast address of 192.0.2.0/24']],
  ['192.0.2.9', 'fe80::1', ['GATEWAY: no IPv4 address for source IP 192.0.2.9', 'GATEWAY: EGRESS_SOURCE has no IPv6 address for fe80::1']],
  ['192.0.2.9,2001:db8::9', '192.0.2.1', ['GATEWAY: no IPv6 address for source IP 2001:db8::9']],
  ['192.0.2.300,::', '192.0.2.1,x', ["SOURCE: '192.0.2.300' is no address", 'SOURCE: :: is unspecified', "GATEWAY: 'x' is no address"]],
] as const;

test('parseSourceIps: one address of a family or of each, with its gateway, IPv4 first', () => {
  for (const [source, gateway, expected] of valid) {
    const { value, problems } = parse(source, gateway);
    assert.deepEqual(problems, [], source);
    const texts = value.map(
      (ip) => `${ip.address.text}${ip.prefixLength === undefined ? '' : `/${ip.prefixLength}`} via ${ip.gateway.text}`,
    );
    assert.deepEqual(texts, expected, source);
  }
});

test('parseSourceIps: what no host can have as its address or gateway is refused in the words of the original and the reason', () => {
  for (const [source, gateway, expected] of refused) {
    const messages = parse(source, gateway).problems.map(({ message }) => message.replace(/^EGRESS_(\w+) unspecified or invalid/, '$1'));
    assert.deepEqual(messages, expected, `${source} ${gateway}`);
  }
});

test('parseSourceIps: a problem tells the code, the variable and its whole value', () => {
  assert.deepEqual(parse('127.0.0.1,2001:db8::9', 'fe80::1').problems, [
    {
      code: 'SOURCE_INVALID',
      variable: 'EGRESS_SOURCE',
      line: undefined,
      value: '127.0.0.1,2001:db8::9',
      message: 'EGRESS_SOURCE unspecified or invalid: 127.0.0.1 is loopback',
      accepted: 'ADDRESS or ADDRESS/LENGTH: one IPv4, one IPv6, or one of each with a comma between',
    },
  ]);
  assert.deepEqual(
    parse('192.0.2.9', undefined).problems.map(({ code, value, message }) => [code, value, message]),
    [['GATEWAY_INVALID', undefined, 'EGRESS_GATEWAY unspecified or invalid']],
  );
});

test('parseSourceIps: where they are not required, both may be missing but not one of them', () => {
  assert.deepEqual(parse(undefined, undefined, false), { value: [], problems: [] });
  assert.equal(parse('192.0.2.9', undefined, false).problems.length, 1);
  assert.equal(parse('', undefined, false).problems.length, 2);
  assert.equal(parse('192.0.2.9', '192.0.2.1', false).value.length, 1);
});
