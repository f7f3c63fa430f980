import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addresses, withLength } from '../../lab/addresses.ts';
import { buildLab } from '../../lab/lab.ts';
import { serve } from '../../lab/serve.ts';
import { watchLeaks } from '../../lab/watch-leaks.ts';
import { initVariables, patience } from './router-pod.ts';
import { sendFromRouter, sendThroughRouter } from './traffic.ts';

const { source, prefix } = addresses.ipv4.lan;

test('setup, while another host has the source IP: it ends with 1 and the MAC of that host, its guards stay, and nothing leaves', async () => {
  await using lab = await buildLab({ podNetwork: 'calico', family: 'dual' });
  const [lanHost, router] = [lab.host('lanHost'), lab.host('router')];
  await lanHost.output('ip', ['address', 'add', withLength(source, prefix), 'dev', 'eth0']);
  await using _server = await serve(lab.host('outside'), [
    { kind: 'tcp-echo', port: 7 },
    { kind: 'udp-echo', port: 7 },
  ]);
  await using watch = await watchLeaks(lab);
  await using client = await sendThroughRouter(lab, 'redirect');
  // The control: as long as there is no router, what the pod sends leaves with another address, and the watch sees it.
  {
    await using early = await sendFromRouter(lab);
    await early.answers('connect', 'datagram');
    assert.notEqual((await watch.report()).leaks.length, 0);
  }

  const env = { ...initVariables(lab, 'redirect'), EGRESS_DUPLICATE_CHECK: 'on', EGRESS_DUPLICATE_CHECK_TIMEOUT: '2s' };
  const setup = lab.attach(await router.spawn('bin/egress-router', [], { env, capabilities: ['net_admin', 'net_raw'] }));
  await setup.line('somebody else has the source IP', 'stdout', patience);
  const guarded = Date.now();
  await using own = await sendFromRouter(lab);
  await Promise.all([client.rounds(5), own.rounds(5)]);
  assert.deepEqual(await setup.exit, { code: 1, signal: null });
  assert.match(setup.stderr, new RegExp(`${source} is in use by ${await lanHost.mac('eth0')}.*ADDRESS_IN_USE`, 's'));

  await Promise.all([client.rounds(5), own.rounds(5)]);
  const { leaks } = await watch.stop();
  assert.deepEqual(
    leaks.filter(({ time }) => time >= guarded),
    [],
  );
  assert.match(await router.output('nft', ['list', 'tables']), /inet egress_router/);
  assert.doesNotMatch(await router.output('ip', ['address', 'show', 'dev', 'macvlan0']), new RegExp(source));
});
