import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseRouterConfig } from '../config/parse-router-config.ts';
import { type Family, parseIpAddress } from '../net/ip-address.ts';
import { inspectNetwork, type NetworkState } from './inspect-network.ts';
import { planSourceIp } from './plan-source-ip.ts';

const environment = { EGRESS_SOURCE: '192.168.12.99', EGRESS_GATEWAY: '192.168.12.1', EGRESS_ROUTER_MODE: 'http-proxy' };
const setup = parseRouterConfig({ env: environment, command: 'setup', readFile: () => '' });
const main = parseRouterConfig({ env: {}, command: 'run', readFile: () => '' });
const pod = { families: ['ipv4', 'ipv6'] as const, podAddresses: [{ family: 'ipv4' as const, address: '10.128.0.7' }] };
const { steps } = planSourceIp(setup, pod, undefined);

const address = (text: string, family: Family = 'ipv4') => ({
  ...{ family, address: text, prefixLength: 32, scope: 'global' },
  ...{ tentative: false, duplicate: false, withoutPrefixRoute: true },
});
/** What setup leaves. */
const asSetUp: NetworkState = {
  families: pod.families,
  interfaces: [
    { name: 'eth0', up: true, addresses: [address('10.128.0.7')] },
    { name: 'macvlan0', up: true, addresses: [address('192.168.12.99')] },
  ],
  rules: steps.flatMap((step) => (step.step === 'policy-rules' ? step.rules : [])),
  routes: steps.flatMap((step) => ('routes' in step ? step.routes : [])),
};
const [eth0, macvlan0] = asSetUp.interfaces;
const known = inspectNetwork(asSetUp, main, []).sources;

test('inspectNetwork: without any variable, the rule and the route that setup left tell source IP and gateway', () => {
  assert.deepEqual(inspectNetwork(asSetUp, main, []), {
    reasons: [],
    sources: [{ address: parseIpAddress('192.168.12.99'), gateway: parseIpAddress('192.168.12.1'), usable: true }],
  });
});

test('inspectNetwork: a pod without setup is told so', () => {
  const { reasons } = inspectNetwork({ ...asSetUp, rules: [], routes: [] }, main, []);
  assert.deepEqual(reasons, [
    'no source IP was set up in this pod: no policy rule 17742 tells the source IP; see the log of the init container',
  ]);
});

test('inspectNetwork: a range of EGRESS_CLUSTER_CIDRS that setup was not given is told as such, and a nameserver is not', () => {
  const env = { EGRESS_CLUSTER_CIDRS: '10.96.0.0/12' };
  const config = parseRouterConfig({ env, command: 'run', readFile: () => 'nameserver 10.96.0.10' });
  assert.deepEqual(inspectNetwork(asSetUp, config, []).reasons, [
    'a policy rule is missing: ip -4 rule add pref 17741 iif lo to 10.96.0.10 ipproto 17 dport 53 lookup main',
    'a policy rule is missing: ip -4 rule add pref 17741 iif lo to 10.96.0.10 ipproto 6 dport 53 lookup main',
    'a policy rule is missing: ip -4 rule add pref 17741 iif lo to 10.96.0.0/12 lookup main; EGRESS_CLUSTER_CIDRS must be the same on both containers',
  ]);
});

const drifts: readonly (readonly [string, Partial<NetworkState>, readonly RegExp[]])[] = [
  [
    'the external interface is gone',
    { interfaces: eth0 === undefined ? [] : [eth0] },
    [/^there is no interface macvlan0$/, /^macvlan0 does not have the source IP 192\.168\.12\.99$/],
  ],
  [
    'the external interface is down',
    { interfaces: asSetUp.interfaces.map((one) => ({ ...one, up: one.name !== 'macvlan0' })) },
    [/^macvlan0 is down$/],
  ],
  [
    'the source IP is gone',
    { interfaces: asSetUp.interfaces.map((one) => (one === macvlan0 ? { ...one, addresses: [] } : one)) },
    [/^macvlan0 does not have the source IP 192\.168\.12\.99$/],
  ],
  [
    'another host has the source IP',
    {
      interfaces: asSetUp.interfaces.map((one) => ({
        ...one,
        addresses: one.addresses.map((own) => ({ ...own, tentative: true, duplicate: true })),
      })),
    },
    [/^another host has the source IP 192\.168\.12\.99$/],
  ],
  [
    'the default route is gone',
    { routes: asSetUp.routes.filter(({ gateway }) => gateway === undefined) },
    [/^table 17746 has no default route from 192\.168\.12\.99 to its gateway 192\.168\.12\.1$/],
  ],
  [
    'the default route leads to another gateway',
    { routes: asSetUp.routes.map((route) => (route.gateway === undefined ? route : { ...route, gateway: '192.168.12.2' })) },
    [/^table 17746 has another route than that from 192\.168\.12\.99 to its gateway 192\.168\.12\.1: .*via 192\.168\.12\.2/],
  ],
  [
    'an unreachable route is gone, of a family without a source IP too',
    { routes: asSetUp.routes.filter((route) => route.family === 'ipv4') },
    [/^a route is missing: ip -6 route replace unreachable default/],
  ],
  [
    'a policy rule is gone',
    { rules: asSetUp.rules.filter((rule) => rule.priority !== 17742) },
    [/^a policy rule is missing: ip -4 rule add pref 17742 iif lo from 192\.168\.12\.99 lookup 17746$/],
  ],
  [
    'a policy rule of one family is gone that the other still has',
    { rules: asSetUp.rules.filter((rule) => rule.priority !== 17745 || rule.family !== 'ipv4') },
    [/^a policy rule is missing: ip -4 rule add pref 17745 iif eth0 lookup 17746$/],
  ],
  [
    'a policy rule of ours was put in by somebody else',
    { rules: [...asSetUp.rules, { family: 'ipv4', priority: 17740, table: 254 }] },
    [/^a policy rule is not ours: ip -4 rule add pref 17740 lookup main$/],
  ],
  [
    'a route of main leads to the external interface',
    {
      routes: [
        ...asSetUp.routes,
        {
          ...{ family: 'ipv4', table: 254, type: 'unicast', destination: '192.168.12.0/24', gateway: undefined },
          ...{ device: 'macvlan0', source: undefined, metric: 0 },
        },
      ],
    },
    [/^a route of table main leads to macvlan0: ip -4 route replace 192\.168\.12\.0\/24 dev macvlan0 table main$/],
  ],
];

for (const [title, drift, expected] of drifts) {
  test(`inspectNetwork: ${title}: it is a reason, with the variables and without`, () => {
    for (const [config, before] of [
      [setup, []],
      [main, known],
    ] as const) {
      const { reasons } = inspectNetwork({ ...asSetUp, ...drift }, config, before);
      assert.equal(reasons.length, expected.length, reasons.join('\n'));
      for (const [index, pattern] of expected.entries()) assert.match(reasons[index] ?? '', pattern);
    }
  });
}
