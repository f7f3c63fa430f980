import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseRouterConfig } from '../config/parse-router-config.ts';
import { families } from '../net/ip-address.ts';
import { describePlan, formatPlan } from './format-plan.ts';
import { planSourceIp, unknownPodNetwork } from './plan-source-ip.ts';
import type { Translation } from './plan-tables.ts';

type Environment = Readonly<Record<string, string>>;

const ipv4 = { EGRESS_SOURCE: '192.168.12.99/24', EGRESS_GATEWAY: '192.168.12.1' };
const ipv6 = { EGRESS_SOURCE: 'fd12::99', EGRESS_GATEWAY: 'fe80::1' };
const cluster = { KUBERNETES_SERVICE_HOST: '172.30.0.1', KUBERNETES_SERVICE_PORT: '443', EGRESS_CLUSTER_CIDRS: '10.128.0.0/14, fd01::/48' };
const translation: Translation = {
  maps: [],
  chain: { name: 'to_destination', type: 'nat', hook: 'prerouting', priority: 'dstnat - 10', policy: 'accept', rules: ['accept'] },
};

const plan = (env: Environment, nameserver = '', translated?: Translation) =>
  planSourceIp(
    parseRouterConfig({ env: { EGRESS_ROUTER_MODE: 'http-proxy', ...env }, command: 'setup', readFile: () => nameserver }),
    unknownPodNetwork,
    translated,
  );
const commandsOf = (env: Environment, step: string, nameserver?: string) =>
  describePlan(plan(env, nameserver))
    .filter((described) => described.step === step)
    .flatMap(({ commands }) => commands.map(({ words }) => words.join(' ')));
const tablesOf = (env: Environment, nameserver?: string, translated?: Translation) =>
  describePlan(plan(env, nameserver, translated)).find(({ step }) => step === 'tables')?.commands[0]?.input ?? assert.fail();
/** The rules of one chain, as the transaction has them. */
const chainOf = (text: string, name: string) =>
  new RegExp(`\\tchain ${name} \\{\\n((?:\\t\\t(?!type ).*\\n)+)\\t\\}`)
    .exec(text)?.[1]
    ?.trim()
    .split(/\n\t\t/) ?? [];

test('planSourceIp: guards come before the interface is up, the duplicate check before the address, the address before its routes', () => {
  assert.deepEqual(
    plan(ipv4).steps.map(({ step }) => step),
    [
      ...['interfaces', 'unreachable-routes', 'tables', 'policy-rules', 'sysctls', 'link', 'strays'],
      ...['duplicate-check', 'address', 'routes', 'announce'],
    ],
  );
});

test('planSourceIp: IPv6 has no check of its own, because the kernel checks when it gets the address', () => {
  assert.deepEqual(commandsOf(ipv6, 'duplicate-check'), []);
  assert.deepEqual(commandsOf(ipv6, 'address'), ['ip -6 address add fd12::99/128 dev macvlan0 noprefixroute']);
});

test('planSourceIp: with the duplicate check off, nobody is asked in either family', () => {
  const env = { EGRESS_DUPLICATE_CHECK: 'off' };
  assert.deepEqual(commandsOf({ ...ipv4, ...env }, 'duplicate-check'), []);
  assert.deepEqual(commandsOf({ ...ipv6, ...env }, 'address'), ['ip -6 address add fd12::99/128 dev macvlan0 noprefixroute nodad']);
});

test('planSourceIp: waits 60 s for another holder unless told otherwise', () => {
  const timeouts = plan(ipv4).steps.flatMap((step) => ('timeout' in step ? [step.timeout] : []));
  assert.deepEqual(timeouts, [60_000, 60_000]);
});

const routes: readonly (readonly [string, Environment, string[]])[] = [
  [
    'a length makes the prefix on-link',
    ipv4,
    [
      'ip -4 route replace 192.168.12.0/24 dev macvlan0 src 192.168.12.99 table 17746',
      'ip -4 route replace default via 192.168.12.1 dev macvlan0 src 192.168.12.99 table 17746',
    ],
  ],
  [
    'without a length only the gateway is',
    { EGRESS_SOURCE: '192.168.12.99', EGRESS_GATEWAY: '192.168.12.1' },
    [
      'ip -4 route replace 192.168.12.1 dev macvlan0 src 192.168.12.99 table 17746',
      'ip -4 route replace default via 192.168.12.1 dev macvlan0 src 192.168.12.99 table 17746',
    ],
  ],
  [
    'a gateway outside the prefix is on-link besides',
    { EGRESS_SOURCE: '192.168.12.99/28', EGRESS_GATEWAY: '192.168.12.1' },
    [
      'ip -4 route replace 192.168.12.96/28 dev macvlan0 src 192.168.12.99 table 17746',
      'ip -4 route replace 192.168.12.1 dev macvlan0 src 192.168.12.99 table 17746',
      'ip -4 route replace default via 192.168.12.1 dev macvlan0 src 192.168.12.99 table 17746',
    ],
  ],
  [
    'an IPv6 gateway may be link-local',
    ipv6,
    [
      'ip -6 route replace fe80::1 dev macvlan0 src fd12::99 table 17746',
      'ip -6 route replace default via fe80::1 dev macvlan0 src fd12::99 table 17746',
    ],
  ],
];

for (const [title, env, expected] of routes) {
  test(`planSourceIp routes: ${title}`, () => assert.deepEqual(commandsOf(env, 'routes'), expected));
}

test('planSourceIp: a family without a source IP has the unreachable route and the policy rules too', () => {
  assert.deepEqual(commandsOf(ipv4, 'unreachable-routes'), [
    'ip -4 route replace unreachable default metric 4278198272 table 17746',
    'ip -6 route replace unreachable default metric 4278198272 table 17746',
  ]);
  assert.deepEqual(
    commandsOf({ ...ipv4, ...cluster }, 'policy-rules', 'nameserver 172.30.0.10\n').filter((line) => line.startsWith('ip -6')),
    [
      'ip -6 rule add pref 17739 fwmark 0x4552 lookup 17746',
      'ip -6 rule add pref 17740 iif lo from POD_IP6 ipproto 6 sport 1-65534 lookup main',
      'ip -6 rule add pref 17740 iif lo from POD_IP6 ipproto 17 sport 1-32767 lookup main',
      'ip -6 rule add pref 17740 iif lo from POD_IP6 ipproto 132 sport 1-32767 lookup main',
      'ip -6 rule add pref 17740 iif lo from POD_IP6 ipproto 58 dport 33024-33279 lookup main',
      'ip -6 rule add pref 17741 iif lo to fd01::/48 lookup main',
      'ip -6 rule add pref 17743 iif lo ipproto 58 dport 256-32767 lookup main',
      'ip -6 rule add pref 17744 iif lo ipproto 58 lookup 17746',
      'ip -6 rule add pref 17744 iif lo ipproto 6 lookup 17746',
      'ip -6 rule add pref 17744 iif lo ipproto 17 lookup 17746',
      'ip -6 rule add pref 17744 iif lo ipproto 132 lookup 17746',
      'ip -6 rule add pref 17745 iif eth0 lookup 17746',
    ],
  );
});

test('planSourceIp: policy rules are those of the design, in order', () => {
  const rules = commandsOf({ ...ipv4, ...cluster }, 'policy-rules', 'nameserver 172.30.0.10\n');
  assert.deepEqual(
    rules.filter((line) => line.startsWith('ip -4')),
    [
      'ip -4 rule add pref 17739 fwmark 0x4552 lookup 17746',
      'ip -4 rule add pref 17740 iif lo from POD_IP lookup main',
      'ip -4 rule add pref 17741 iif lo to 172.30.0.10 ipproto 17 dport 53 lookup main',
      'ip -4 rule add pref 17741 iif lo to 172.30.0.10 ipproto 6 dport 53 lookup main',
      'ip -4 rule add pref 17741 iif lo to 172.30.0.1 ipproto 6 dport 443 lookup main',
      'ip -4 rule add pref 17741 iif lo to 10.128.0.0/14 lookup main',
      'ip -4 rule add pref 17742 iif lo from 192.168.12.99 lookup 17746',
      'ip -4 rule add pref 17743 iif lo ipproto 1 dport 768-1535 lookup main',
      'ip -4 rule add pref 17743 iif lo ipproto 1 dport 2816-3327 lookup main',
      'ip -4 rule add pref 17744 iif lo ipproto 1 lookup 17746',
      'ip -4 rule add pref 17744 iif lo ipproto 6 lookup 17746',
      'ip -4 rule add pref 17744 iif lo ipproto 17 lookup 17746',
      'ip -4 rule add pref 17744 iif lo ipproto 132 lookup 17746',
      'ip -4 rule add pref 17745 iif eth0 lookup 17746',
    ],
  );
});

test('planSourceIp: by the cluster interface leave only answers and what is listed', () => {
  assert.deepEqual(chainOf(tablesOf({ ...ipv4, ...cluster }, 'nameserver 172.30.0.10\n'), 'guard_output'), [
    'meta mark 17746 accept',
    'oifname "macvlan0" ip saddr != { 192.168.12.99 } drop',
    'oifname "macvlan0" ip6 saddr != { fe80::/10, :: } drop',
    'oifname != "eth0" accept',
    'ct state established,related ct direction reply accept',
    'icmpv6 type { nd-router-solicit, nd-neighbor-solicit, nd-neighbor-advert, mld-listener-report, mld-listener-done, mld2-listener-report } accept',
    'ip daddr 172.30.0.10 udp dport 53 accept',
    'ip daddr 172.30.0.10 tcp dport 53 accept',
    'ip daddr 172.30.0.1 tcp dport 443 accept',
    'ip daddr 10.128.0.0/14 accept',
    'ip6 daddr fd01::/48 accept',
    'reject with icmpx admin-prohibited',
  ]);
});

const bySource: readonly (readonly [string, Environment, Readonly<Record<string, readonly string[]>>])[] = [
  [
    'IPv4 only: nothing of IPv6 leaves but neighbour discovery',
    ipv4,
    {
      from_source: ['oifname "macvlan0" snat ip to 192.168.12.99'],
      guard_source: [
        'oifname "eth0" meta mark 17746 drop',
        'oifname "macvlan0" ip saddr != { 192.168.12.99 } drop',
        'oifname "macvlan0" ip6 saddr != { fe80::/10, :: } drop',
      ],
      guard_arp: ['oifname "macvlan0" arp saddr ip != 192.168.12.99 drop'],
    },
  ],
  [
    'IPv6 only: nothing of IPv4 leaves, ARP neither',
    ipv6,
    {
      from_source: ['oifname "macvlan0" snat ip6 to fd12::99'],
      guard_source: [
        'oifname "eth0" meta mark 17746 drop',
        'oifname "macvlan0" meta nfproto ipv4 drop',
        'oifname "macvlan0" ip6 saddr != { fd12::99, fe80::/10, :: } drop',
      ],
      guard_arp: ['oifname "macvlan0" drop'],
    },
  ],
];

for (const [title, env, chains] of bySource) {
  test(`planSourceIp tables: ${title}`, () => {
    for (const [name, rules] of Object.entries(chains)) assert.deepEqual(chainOf(tablesOf(env), name), rules);
  });
}

test('planSourceIp: from outside come only answers, neighbour discovery and a little ping', () => {
  assert.deepEqual(chainOf(tablesOf(ipv4), 'guard_input'), [
    'iifname != "macvlan0" accept',
    'ip daddr != { 192.168.12.99 } drop',
    'ip6 daddr != { fe80::/10, ff00::/8 } drop',
    'ct state invalid drop',
    'icmpv6 type nd-router-advert drop',
    'icmp type echo-request limit rate over 10/second drop',
    'icmpv6 type echo-request limit rate over 10/second drop',
    'ct state established,related accept',
    'icmp type echo-request accept',
    'icmpv6 type { echo-request, nd-neighbor-solicit, nd-neighbor-advert, mld-listener-query } accept',
    'meta l4proto tcp reject with tcp reset',
    'drop',
  ]);
});

test('planSourceIp: a proxy forwards nothing and needs no forwarding; a translation forwards what it translated', () => {
  assert.deepEqual(chainOf(tablesOf(ipv4), 'guard_forward'), []);
  assert.deepEqual(chainOf(tablesOf(ipv4, '', translation), 'guard_forward'), [
    'ct state invalid drop',
    'iifname "eth0" oifname "macvlan0" ct status dnat accept',
    'iifname "macvlan0" oifname "eth0" ct state established,related accept',
  ]);
  const forwarding = (translated?: Translation) =>
    formatPlan(plan(ipv6, '', translated)).includes('sysctl -w net.ipv6.conf.all.forwarding=1');
  assert.deepEqual([forwarding(), forwarding(translation)], [false, true]);
  assert.match(tablesOf(ipv4), /chain guard_forward \{\n\t\ttype filter hook forward priority filter; policy drop;/);
});

test('planSourceIp: interfaces of other names are used everywhere', () => {
  const text = formatPlan(plan({ ...ipv4, EGRESS_CLUSTER_INTERFACE: 'net1', EGRESS_EXTERNAL_INTERFACE: 'lan0' }, '', translation));
  assert.doesNotMatch(text, /eth0|macvlan0/);
});

test('planSourceIp: a kernel without IPv6 gets no command of it', () => {
  const config = parseRouterConfig({ env: { ...ipv4, EGRESS_ROUTER_MODE: 'http-proxy' }, command: 'setup', readFile: () => '' });
  const withoutIpv6 = planSourceIp(config, { families: ['ipv4'], podAddresses: [{ family: 'ipv4', address: '10.128.0.7' }] }, undefined);
  assert.doesNotMatch(formatPlan(withoutIpv6), /^ip -6/m);
});

test('formatPlan: a fresh pod could be set up with it: every step has its comment, every command its line', () => {
  const text = formatPlan(plan(ipv4));
  assert.ok(
    text.startsWith('# interfaces: both interfaces are there\nip link show dev eth0\nip link show dev macvlan0\n\n# unreachable-routes: '),
  );
  assert.match(text, /\nnft -f - <<'END'\ntable inet egress_router \{\n/);
  assert.match(text, /\n# announce: .*\narping -U -c 1 -I macvlan0 192\.168\.12\.99\n/);
  assert.deepEqual(unknownPodNetwork.families, families);
});
