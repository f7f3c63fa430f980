import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { addresses } from '../../lab/addresses.ts';
import { capture } from '../../lab/capture.ts';
import type { Host } from '../../lab/host.ts';
import { buildLab, type Lab } from '../../lab/lab.ts';
import { serve } from '../../lab/serve.ts';
import { readiness, untilReadiness } from './readiness.ts';
import { curlWords } from './requests.ts';
import { initVariables, patience, setUp, startMain, startRouterPod, untilReady } from './router-pod.ts';

const { lan, subnet } = addresses.ipv4;

const drifts: readonly (readonly [title: string, drift: (router: Host) => Promise<unknown>])[] = [
  ['macvlan0 was down', (router) => router.output('sh', ['-c', 'ip link set macvlan0 down && ip link set macvlan0 up'])],
  ['the source IP is gone', (router) => router.output('ip', ['address', 'flush', 'dev', 'macvlan0', 'scope', 'global'])],
  ['a policy rule is gone', (router) => router.output('ip', ['rule', 'delete', 'priority', '17745'])],
];

async function request(lab: Lab): Promise<void> {
  const words = curlWords('redirect', { from: 'client', router: subnet.router, family: 'ipv4', tunnel: false }, '/');
  await lab.host('client').output('curl', words);
}

suite('the main container, with more or less privileges', { concurrency: 3 }, () => {
  test('run without capabilities: what differs from what setup made makes it unready, until setup is run again', async () => {
    await using lab = await buildLab();
    const main = await startRouterPod(lab, 'redirect');
    for (const [title, drift] of drifts) {
      assert.deepEqual(await readiness(lab), { status: 200, reasons: [] });
      await drift(lab.host('router'));
      const { reasons } = await untilReadiness(lab, 503);
      assert.notEqual(reasons.length, 0, title);
      await setUp(lab, 'redirect');
      await untilReadiness(lab, 200);
    }
    assert.ok(main.isRunning, main.stderr);
  });

  test('run with NET_RAW alone: it announces the source IP, again and again, and repairs nothing', async () => {
    await using lab = await buildLab();
    await setUp(lab, 'redirect');
    await using announcements = await capture(lab.host('lanHost'), { iface: 'eth0', filter: 'arp' });
    const main = await startMain(lab, 'redirect', { capabilities: ['net_raw'], variables: { EGRESS_ANNOUNCE_INTERVAL: '200ms' } });
    await untilReady(main);
    const first = await announcements.until(({ source, destination }) => source === lan.source && destination === lan.source, patience);
    await announcements.until(
      ({ time, source, destination }) => time > first.time + 1_000 && source === lan.source && destination === lan.source,
      patience,
    );
    await lab.host('router').output('ip', ['rule', 'delete', 'priority', '17745']);
    await untilReadiness(lab, 503);
  });

  test('run with NET_ADMIN, NET_RAW and the variables of setup: it is unready while the network differs, and repairs it', async () => {
    await using lab = await buildLab();
    await using _server = await serve(lab.host('outside'), [{ kind: 'http', port: 80, admit: [lan.source] }]);
    await setUp(lab, 'redirect');
    const variables = { ...initVariables(lab, 'redirect'), EGRESS_WATCH_INTERVAL: '200ms' };
    const main = await startMain(lab, 'redirect', { capabilities: ['net_admin', 'net_raw'], variables });
    await untilReady(main);
    const router = lab.host('router');
    for (const [title, drift] of [
      ...drifts,
      ['the table is gone', () => router.output('nft', ['delete', 'table', 'inet', 'egress_router'])] as const,
    ]) {
      await drift(router);
      const { reasons } = await untilReadiness(lab, 503);
      assert.notEqual(reasons.length, 0, title);
      await untilReadiness(lab, 200);
      await request(lab);
    }
  });
});
