import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseAccessList } from '../config/access-list.ts';
import type { Cluster } from '../config/router-config.ts';
import { type IpAddress, parseIpAddress } from '../net/ip-address.ts';
import { parsePrefix } from '../net/prefix.ts';
import { type AccessPolicy, decide } from './decide.ts';
import { type Destination, parseDestination } from './destination.ts';
import { denial } from './failure.ts';
import { RuleIndex } from './rule-index.ts';
import { specialRanges } from './special-ranges.ts';

const address = (text: string): IpAddress => {
  const parsed = parseIpAddress(text);
  assert.ok(parsed, text);
  return parsed;
};

const destination = (text: string): Destination => {
  const parsed = parseDestination(text, undefined);
  assert.ok(typeof parsed !== 'string', text);
  return parsed;
};

const clusterCidr = parsePrefix('10.96.0.0/12');
const cluster: Cluster = {
  nameservers: [address('10.96.0.10')],
  apiServer: { address: address('10.96.0.1'), port: 443 },
  cidrs: clusterCidr === undefined ? [] : [clusterCidr],
};
const ownAddresses = ['127.0.0.1', '::1', '10.128.0.5', '2001:db8::5', 'fe80::5'].map(address);

function policy(...lines: string[]): AccessPolicy {
  const { value, problems } = parseAccessList({ variable: 'LIST', text: lines.join('\n') }, []);
  assert.deepEqual(problems, []);
  assert.ok(value);
  return { rules: new RuleIndex(value.rules), specialRanges: specialRanges(cluster, ownAddresses), ownAddresses, ownPorts: [8080, 9090] };
}

/** The decision in short: `resolve`, the allowed addresses each with its line, or reason, line and address of the denial. */
function decided(lines: string[], host: string, addresses?: string[]): string {
  const decision = decide(policy(...lines), destination(host), addresses?.map(address));
  switch (decision.outcome) {
    case 'resolve':
      return 'resolve';
    case 'allow':
      return decision.addresses.map((each) => `${each.address.text} by ${each.rule.line}`).join(', ');
    case 'deny':
      return [decision.reason, decision.rule?.line ?? '-', decision.range?.kind, decision.address?.text].filter(Boolean).join(' ');
  }
}

const cases: [what: string, lines: string[], host: string, addresses: string[] | undefined, expected: string][] = [
  ['without a rule that matches, a destination is denied, and no name is looked up', ['a.example'], 'b.example:80', undefined, 'no-rule -'],
  ['the first rule that matches wins', ['!a.example', '*'], 'a.example:80', undefined, 'rule 1'],
  ['the first rule that matches wins, also when it allows', ['a.example', '!*.example'], 'a.example:80', ['192.0.2.1'], '192.0.2.1 by 1'],
  ['a host rule is for that name alone', ['a.example'], 'b.a.example:80', undefined, 'no-rule -'],
  ['a domain rule is for the name itself', ['*.a.example'], 'a.example:80', ['192.0.2.1'], '192.0.2.1 by 1'],
  ['a domain rule is for all below it', ['*.a.example'], 'c.b.a.example:80', ['192.0.2.1'], '192.0.2.1 by 1'],
  ['a domain rule is for whole labels', ['*.a.example'], 'ba.example:80', undefined, 'no-rule -'],
  ['an allowed name needs an address to dial', ['a.example'], 'a.example:80', undefined, 'resolve'],
  ['an address rule ahead needs the addresses of a name', ['!192.0.2.0/24', '*'], 'a.example:80', undefined, 'resolve'],
  ['a name rule before any address rule denies without a look-up', ['!a.example', '192.0.2.1'], 'a.example:80', undefined, 'rule 1'],
  ['a name rule behind an address rule waits for the look-up', ['192.0.2.1', '!a.example'], 'a.example:80', undefined, 'resolve'],
  ['an address is matched by its address rule', ['192.0.2.0/24'], '192.0.2.7:80', undefined, '192.0.2.7 by 1'],
  ['an address is matched by no name rule', ['a.example'], '192.0.2.7:80', undefined, 'no-rule - 192.0.2.7'],
  ['an IPv6 address is matched by its address rule', ['2001:db8::/32'], '[2001:db8::1]:80', undefined, '2001:db8::1 by 1'],
  ['IPv4 rules are for IPv4 alone', ['0.0.0.0/0'], '[2001:db8:1::1]:80', undefined, 'no-rule - 2001:db8:1::1'],
  ['a star is for every name', ['*'], 'x.example:80', ['192.0.2.1', '2001:db8:1::1'], '192.0.2.1 by 1, 2001:db8:1::1 by 1'],
  ['a star is for every address', ['*'], '198.51.100.1:80', undefined, '198.51.100.1 by 1'],
  ['of mixed addresses only the allowed ones are dialled', ['192.0.2.1'], 'a.example:80', ['192.0.2.2', '192.0.2.1'], '192.0.2.1 by 1'],
  ['of mixed addresses each has its own rule', ['!192.0.2.1', 'a.example'], 'a.example:80', ['192.0.2.1', '192.0.2.2'], '192.0.2.2 by 2'],
  [
    'when none of the addresses is left, rule and address are named',
    ['!192.0.2.0/24', '*'],
    'a.example:80',
    ['192.0.2.1'],
    'rule 1 192.0.2.1',
  ],
  ['a name that resolves to nothing stays undecided', ['*'], 'a.example:80', [], 'resolve'],
  ['IPv4-mapped is judged and dialled as IPv4', ['192.0.2.1'], '[::ffff:192.0.2.1]:80', undefined, '192.0.2.1 by 1'],
  ['IPv4-mapped is denied as IPv4', ['!192.0.2.1', '*'], '[::ffff:c000:201]:80', undefined, 'rule 1 192.0.2.1'],
  [
    'NAT64 is judged as the IPv4 address, and dialled as it is',
    ['192.0.2.1'],
    '[64:ff9b::c000:201]:80',
    undefined,
    '64:ff9b::c000:201 by 1',
  ],
  ['NAT64 is denied as the IPv4 address', ['!192.0.2.1', '*'], '[64:ff9b::c000:201]:80', undefined, 'rule 1 64:ff9b::c000:201'],
  ['NAT64 is denied as the IPv6 address', ['!64:ff9b::/96', '*'], '[64:ff9b::c000:201]:80', undefined, 'rule 1 64:ff9b::c000:201'],
  ['NAT64 is allowed by no IPv6 rule', ['::/0', '2000::/3', '64:ff9b::/96'], '[64:ff9b::a00:1]:80', undefined, 'no-rule - 64:ff9b::a00:1'],
  ['6to4 is allowed by no IPv6 rule', ['2000::/3', '2002::/16'], '[2002:a00:1::1]:80', undefined, 'no-rule - 2002:a00:1::1'],
  ['a rule inside it opens the NAT64 of a network', ['64:ff9b:1:2::/64'], '[64:ff9b:1:2::1]:80', undefined, '64:ff9b:1:2::1 by 1'],
  ['6to4 is denied as the IPv4 address', ['!192.0.2.1', '*'], '[2002:c000:201::1]:80', undefined, 'rule 1 2002:c000:201::1'],
  ['a rule inside the special range opens it', ['127.0.0.2'], '127.0.0.2:80', undefined, '127.0.0.2 by 1'],
  ['a rule that is the special range opens it', ['127.0.0.0/8'], '127.0.0.2:80', undefined, '127.0.0.2 by 1'],
  ['a rule behind one that does not open it may', ['*.a.example', '127.0.0.2'], 'a.example:80', ['127.0.0.2'], '127.0.0.2 by 2'],
  [
    'a rule for the link does not open the metadata service on it',
    ['169.254.0.0/16'],
    '169.254.169.254:80',
    undefined,
    'special-range 1 metadata 169.254.169.254',
  ],
  ['the metadata service is opened by its own address', ['169.254.169.254'], '169.254.169.254:80', undefined, '169.254.169.254 by 1'],
  [
    'a rule for the cluster does not open its nameserver',
    ['10.96.0.0/12'],
    '10.96.0.10:53',
    undefined,
    'special-range 1 nameserver 10.96.0.10',
  ],
  ['a rule inside the cluster ranges opens a Service', ['10.96.7.0/24'], '10.96.7.7:80', undefined, '10.96.7.7 by 1'],
  ['a rule that denies needs not lie inside a special range', ['!0.0.0.0/0', '127.0.0.2'], '127.0.0.2:80', undefined, 'rule 1 127.0.0.2'],
  ['our own ports are denied whatever the rules', ['127.0.0.1', '*'], '127.0.0.1:8080', undefined, 'own-listener - 127.0.0.1'],
  ['our own ports are denied on every loopback address', ['127.0.0.0/8'], '127.9.9.9:9090', undefined, 'own-listener - 127.9.9.9'],
  [
    'our own ports are denied by the pod address, also behind a name',
    ['10.128.0.5', '*'],
    'a.example:8080',
    ['10.128.0.5'],
    'own-listener - 10.128.0.5',
  ],
  ['our own ports are denied by the unspecified address', ['::', '*'], '[::]:8080', undefined, 'own-listener - ::'],
  ['our own ports are denied by the mapped address', ['*'], '[::ffff:10.128.0.5]:8080', undefined, 'own-listener - 10.128.0.5'],
  ['our own ports are denied by the NAT64 address', ['*'], '[64:ff9b::a80:5]:8080', undefined, 'own-listener - 64:ff9b::a80:5'],
  ['our own ports are free elsewhere', ['*'], '192.0.2.1:8080', undefined, '192.0.2.1 by 1'],
];
for (const [what, lines, host, addresses, expected] of cases) {
  test(`decide: ${what}`, () => {
    assert.equal(decided(lines, host, addresses), expected);
  });
}

const special: [text: string, kind: string][] = [
  ['127.0.0.1', 'loopback'],
  ['127.255.0.9', 'loopback'],
  ['[::1]', 'loopback'],
  ['169.254.1.1', 'link-local'],
  ['[fe80::1]', 'link-local'],
  ['0.0.0.0', 'unspecified'],
  ['[::]', 'unspecified'],
  ['224.0.0.251', 'multicast'],
  ['[ff02::1]', 'multicast'],
  ['255.255.255.255', 'broadcast'],
  ['100.100.100.200', 'metadata'],
  ['[fd00:ec2::254]', 'metadata'],
  ['[64:ff9b:1::a9fe:a9fe]', 'local-nat64'],
  ['10.128.0.5', 'own-address'],
  ['[2001:db8::5]', 'own-address'],
  ['10.96.0.1', 'api-server'],
  ['10.97.1.1', 'cluster-cidr'],
  ['[::ffff:127.0.0.1]', 'loopback'],
  ['[64:ff9b::a9fe:a9fe]', 'link-local'],
  ['[2002:7f00:1::]', 'loopback'],
];
for (const [text, kind] of special) {
  test(`decide: ${text} (${kind}) is opened by no name, star or wide prefix`, () => {
    const { host } = destination(`${text}:80`);
    assert.ok(host.kind === 'address');
    for (const lines of [['*'], ['0.0.0.0/0', '::/0', '*'], ['10.0.0.0/7', '64:0::/16', 'fc00::/6', '*']]) {
      const decision = decide(policy(...lines), destination(`${text}:80`), undefined);
      assert.ok(decision.outcome === 'deny' && decision.reason === 'special-range', lines.join());
      assert.equal(decision.range?.kind, kind);
    }
    assert.match(decided(['a.example'], 'a.example:80', [host.address.text]), /^special-range 1 /);
  });
}

const denials: [what: string, lines: string[], host: string, answer: [status: number, errorType: string, message: string]][] = [
  ['the line that denies', ['!a.example'], 'a.example:80', [403, 'http_request_denied', 'denied by LIST:1 !a.example']],
  ['the list without a line', ['a.example'], '192.0.2.1:80', [403, 'http_request_denied', 'no line of LIST allows it (address 192.0.2.1)']],
  [
    'a range that no star opens, and what would',
    ['# x', '*'],
    '127.0.0.1:80',
    [
      403,
      'destination_ip_prohibited',
      '127.0.0.1 is special (loopback); LIST:2 * does not open it: name 127.0.0.1, or a prefix inside 127.0.0.0/8',
    ],
  ],
  [
    'a range that is one address',
    ['10.0.0.0/8'],
    '10.128.0.5:80',
    [403, 'destination_ip_prohibited', '10.128.0.5 is special (own-address); LIST:1 10.0.0.0/8 is too wide to open it: name 10.128.0.5'],
  ],
  [
    'an address that stands for an IPv4 address',
    ['*'],
    '[64:ff9b::7f00:1]:80',
    [
      403,
      'destination_ip_prohibited',
      '64:ff9b::7f00:1 is special (loopback); LIST:1 * does not open it: name 127.0.0.1, or a prefix inside 127.0.0.0/8',
    ],
  ],
  ['the router itself', ['*'], '127.0.0.1:8080', [403, 'proxy_loop_detected', 'the destination is this router itself (address 127.0.0.1)']],
];
for (const [what, lines, host, answer] of denials) {
  test(`denial: says ${what}`, () => {
    const judged = policy(...lines);
    const decision = decide(judged, destination(host), undefined);
    assert.ok(decision.outcome === 'deny');
    const { status, errorType, message } = denial(decision, judged.rules.list);
    assert.deepEqual([status, errorType, message], answer);
  });
}

test('denial: what it says to name is what opens the address', () => {
  for (const [text] of special) {
    const { host } = destination(`${text}:80`);
    assert.ok(host.kind === 'address');
    const decision = decide(policy('*'), destination(`${text}:80`), undefined);
    assert.ok(decision.outcome === 'deny');
    const [, named = ''] = / name (\S+?)(,|$)/.exec(denial(decision, 'LIST').message) ?? [];
    assert.match(decided([named], `${text}:80`), / by 1$/, text);
  }
});

test('decide: whatever the addresses, only those that it was given are allowed, and none that a rule denies', () => {
  const anyAddress = fc.oneof(fc.ipV4(), fc.ipV6());
  fc.assert(
    fc.property(fc.array(anyAddress, { minLength: 1, maxLength: 5 }), fc.array(fc.ipV4(), { maxLength: 5 }), (texts, denied) => {
      const given = texts.flatMap((text) => parseIpAddress(text) ?? []);
      const decision = decide(policy(...denied.map((text) => `!${text}`), '*'), destination('a.example:80'), given);
      if (decision.outcome !== 'allow') return;
      for (const { address: allowed } of decision.addresses) {
        assert.ok(given.some(({ text }) => text === allowed.text) || given.some(({ text }) => text.startsWith('::ffff:')));
        assert.ok(!denied.includes(allowed.text));
      }
    }),
  );
});
