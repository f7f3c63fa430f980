import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addresses, type Family } from '../../lab/addresses.ts';
import type { Host } from '../../lab/host.ts';
import { buildLab, type Lab } from '../../lab/lab.ts';
import { applyPlan, configOf, networkText, parseLog, patience, sourceVariables } from './router-pod.ts';

const families: readonly Family[] = ['ipv4', 'ipv6'];
const { ipv4, ipv6 } = addresses;
const variables = {
  ...sourceVariables(...families),
  ...{ EGRESS_ROUTER_MODE: 'init', EGRESS_DUPLICATE_CHECK: 'off' },
  EGRESS_DESTINATION: `80 tcp ${ipv4.outside.servers[0]}\n${ipv6.outside.servers[0]}`,
};
const config = configOf(variables);
/** The variables of a main container: its list alone, and short times. */
const quick = { EGRESS_WATCH_INTERVAL: '300ms' };

interface Drift {
  readonly title: string;
  /** What ip(8) is told. */
  readonly ip: readonly string[];
  readonly reason: RegExp;
}

const drifts: readonly Drift[] = [
  { title: 'macvlan0 is down', ip: ['link set macvlan0 down'], reason: /macvlan0 is down/ },
  {
    title: 'macvlan0 was down and is up again, which costs routes and the IPv6 address',
    ip: ['link set macvlan0 down', 'link set macvlan0 up'],
    reason: /table 17746 has no default route from 192\.168\.12\.99.*macvlan0 does not have the source IP 2001:db8:12::99/,
  },
  {
    title: 'the source IP is gone',
    ip: [`address delete ${ipv4.lan.source}/32 dev macvlan0`],
    reason: /does not have the source IP 192\.168\.12\.99/,
  },
  {
    title: 'the route to the gateway is gone',
    ip: ['-6 route delete default dev macvlan0 table 17746'],
    reason: /no default route from 2001:db8:12::99/,
  },
  {
    title: 'an unreachable route is gone',
    ip: ['-4 route delete unreachable default metric 4278198272 table 17746'],
    reason: /a route is missing: ip -4 route replace unreachable default/,
  },
  {
    title: 'a policy rule is gone',
    ip: ['-4 rule delete pref 17745'],
    reason: /a policy rule is missing: ip -4 rule add pref 17745 iif eth0 lookup 17746/,
  },
  {
    title: 'a policy rule was put before ours',
    ip: ['-6 rule add pref 17740 lookup main'],
    reason: /a policy rule is not ours: ip -6 rule add pref 17740 lookup main/,
  },
  {
    title: 'a route of main leads to macvlan0',
    ip: [`route add ${ipv4.lan.prefix} dev macvlan0`],
    reason: /a route of table main leads to macvlan0/,
  },
];

async function cause(router: Host, { ip }: Drift): Promise<void> {
  for (const line of ip) await router.output('ip', line.split(' '));
}

/** What /readyz says to a probe of the node. */
async function readiness(lab: Lab, port = 9090): Promise<{ ready: boolean; reasons: string[] }> {
  const { stdout } = await lab.host('node').run('curl', ['-s', '-m', '2', `http://${ipv4.subnet.router}:${port}/readyz`]);
  return stdout === '' ? { ready: false, reasons: ['no answer'] } : JSON.parse(stdout);
}

/** Asks until the answer satisfies; fails with the last answer after 30 s. */
async function until<Value>(ask: () => Promise<Value>, satisfies: (value: Value) => boolean): Promise<Value> {
  const deadline = performance.now() + patience;
  for (;;) {
    const value = await ask();
    if (satisfies(value)) return value;
    if (performance.now() > deadline) assert.fail(`still ${JSON.stringify(value)}`);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

test('run without capabilities: every drift is a reason not to be ready, and its end is seen too', async (context) => {
  await using lab = await buildLab({ family: 'dual' });
  const router = lab.host('router');
  await applyPlan(router, config);
  const run = await router.spawn(process.execPath, ['src/main.ts', 'run'], { env: quick, capabilities: [] });
  await run.line('"ready"', 'stdout', patience);
  for (const drift of drifts) {
    await context.test(drift.title, async () => {
      assert.deepEqual(await readiness(lab), { ready: true, reasons: [] });
      await cause(router, drift);
      const { ready } = await until(
        () => readiness(lab),
        ({ reasons }) => drift.reason.test(reasons.join(' ')),
      );
      assert.equal(ready, false);
      await applyPlan(router, config);
      await until(
        () => readiness(lab),
        (answer) => answer.ready,
      );
    });
  }
  run.kill();
  await run.exit;
  const warnings = parseLog(run.stdout).filter(({ level, msg }) => level === 'warn' && msg === 'the network is not as set up');
  assert.ok(warnings.length >= drifts.length, run.stdout);
});

test('run without setup: it is not ready and says that setup is missing, until setup has run', async () => {
  await using lab = await buildLab({ family: 'dual' });
  const router = lab.host('router');
  await router.spawn(process.execPath, ['src/main.ts', 'run'], { env: quick, capabilities: [] });
  await until(
    () => readiness(lab),
    ({ reasons }) => /no source IP was set up in this pod/.test(reasons.join()),
  );
  await applyPlan(router, config);
  await until(
    () => readiness(lab),
    (answer) => answer.ready,
  );
});

test('run with NET_ADMIN, NET_RAW and the variables: every drift is repaired, of the tables too', async (context) => {
  await using lab = await buildLab({ family: 'dual' });
  const router = lab.host('router');
  const run = await router.spawn(process.execPath, ['src/main.ts', 'run'], {
    env: {
      ...quick,
      ...sourceVariables(...families),
      EGRESS_ROUTER_MODE: '',
      EGRESS_DESTINATION: variables.EGRESS_DESTINATION,
      EGRESS_DUPLICATE_CHECK: 'off',
    },
    capabilities: ['net_admin', 'net_raw'],
  });
  await run.line('"ready"', 'stdout', patience);
  const asPlanned = await networkText(router);
  const privileged: readonly (readonly [string, () => Promise<unknown>])[] = [
    ...drifts.map((drift) => [drift.title, () => cause(router, drift)] as const),
    ['the table was deleted', () => router.output('nft', ['delete', 'table', 'inet', 'egress_router'])],
    ['a chain was flushed', () => router.output('nft', ['flush', 'chain', 'inet', 'egress_router', 'guard_source'])],
    ['an element was deleted', () => router.output('nft', ['delete', 'element', 'inet', 'egress_router', 'ports_ipv4', '{ tcp . 80 }'])],
  ];
  for (const [title, causeIt] of privileged) {
    await context.test(title, async () => {
      await causeIt();
      await until(
        () => networkText(router),
        (text) => text === asPlanned,
      );
      await until(
        () => readiness(lab),
        (answer) => answer.ready,
      );
    });
  }
});
