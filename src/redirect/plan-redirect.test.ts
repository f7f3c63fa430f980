import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseRouterConfig } from '../config/parse-router-config.ts';
import type { RedirectList } from '../config/router-config.ts';
import { planRedirect } from './plan-redirect.ts';

const input = { clusterInterface: 'eth0', ownPorts: [9090] };
const listOf = (text: string): RedirectList => {
  const env = {
    EGRESS_ROUTER_MODE: 'init',
    EGRESS_SOURCE: '192.168.12.99,fd12::99',
    EGRESS_GATEWAY: '192.168.12.1,fd12::1',
    EGRESS_DESTINATION: text,
    EGRESS_HEALTH_PORT: '0',
  };
  const { carry } = parseRouterConfig({ env, command: 'setup', readFile: () => '' });
  return carry.mode === 'redirect' ? carry : assert.fail();
};
const elementsOf = (text: string) =>
  planRedirect(listOf(text), input).maps.flatMap(({ name, elements }) => elements.map(({ key, value }) => `${name}: ${key} : ${value}`));

const lines: readonly (readonly [string, string[]])[] = [
  ['80 tcp 203.0.113.25', ['ports_ipv4: tcp . 80 : 203.0.113.25 . 80']],
  ['8080 tcp 203.0.113.26 80', ['ports_ipv4: tcp . 8080 : 203.0.113.26 . 80']],
  ['53 udp 203.0.113.53', ['ports_ipv4: udp . 53 : 203.0.113.53 . 53']],
  ['2905 sctp 203.0.113.29', ['ports_ipv4: sctp . 2905 : 203.0.113.29 . 2905']],
  ['443 tcp 2001:db8::25 8443', ['ports_ipv6: tcp . 443 : 2001:db8::25 . 8443']],
  ['8000-8100 tcp 203.0.113.25', ['ranges_ipv4: tcp . 8000-8100 : 203.0.113.25']],
  ['8000-8000 tcp 203.0.113.25', ['ports_ipv4: tcp . 8000 : 203.0.113.25 . 8000']],
  ['203.0.113.28', ['fallback_ipv4: tcp : 203.0.113.28', 'fallback_ipv4: udp : 203.0.113.28', 'fallback_ipv4: sctp : 203.0.113.28']],
  ['2001:db8::28', ['fallback_ipv6: tcp : 2001:db8::28', 'fallback_ipv6: udp : 2001:db8::28', 'fallback_ipv6: sctp : 2001:db8::28']],
];

for (const [line, expected] of lines) {
  test(`planRedirect: '${line}' is ${expected[0]}`, () => assert.deepEqual(elementsOf(line), expected));
}

test('planRedirect: own ports come before every rule, single ports before ranges, ranges before the fallback, all of it from the cluster only', () => {
  assert.deepEqual(planRedirect(listOf('80 tcp 203.0.113.25'), input).chain, {
    name: 'to_destination',
    type: 'nat',
    hook: 'prerouting',
    priority: 'dstnat - 10',
    policy: 'accept',
    rules: [
      'iifname != "eth0" accept',
      'fib daddr type != local accept',
      'tcp dport 9090 accept',
      'dnat ip to meta l4proto . th dport map @ports_ipv4',
      'meta l4proto { tcp, udp, sctp } dnat ip to meta l4proto . th dport map @ranges_ipv4',
      'dnat ip to meta l4proto map @fallback_ipv4',
      'dnat ip6 to meta l4proto . th dport map @ports_ipv6',
      'meta l4proto { tcp, udp, sctp } dnat ip6 to meta l4proto . th dport map @ranges_ipv6',
      'dnat ip6 to meta l4proto map @fallback_ipv6',
    ],
  });
});

test('planRedirect: the number of rules does not depend on the number of lines', () => {
  const many = Array.from({ length: 10_000 }, (_, index) => `${index + 1} tcp 203.0.113.25`).join('\n');
  const translation = planRedirect(listOf(many), input);
  assert.equal(translation.chain.rules.length, planRedirect(listOf('80 tcp 203.0.113.25'), input).chain.rules.length);
  assert.equal(translation.maps[0]?.elements.length, 10_000);
});
