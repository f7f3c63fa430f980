import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addresses } from '../../lab/addresses.ts';
import type { Host } from '../../lab/host.ts';
import type { HostProcess } from '../../lab/host-process.ts';
import { buildLab } from '../../lab/lab.ts';
import { setupLines, sourceVariables } from './router-pod.ts';

const { ipv4, ipv6 } = addresses;

/** What a host sees on the wire of what the filter names, a line a packet. */
async function capture(host: Host, filter: string): Promise<HostProcess> {
  const process = await host.spawn('tcpdump', ['-l', '-n', '-e', '-i', 'any', filter]);
  await process.line('listening on', 'stderr');
  return process;
}

const macOf = async (router: Host) => JSON.parse(await router.output('ip', ['-j', 'link', 'show', 'dev', 'macvlan0']))[0].address;
const count = (text: string, part: string) => text.split('\n').filter((line) => line.includes(part)).length;

test('setup: announces IPv4 in the request and in the reply form, twice, and asks the gateway from the source IP', async () => {
  await using lab = await buildLab();
  const router = lab.host('router');
  const wire = lab.attach(await capture(lab.host('gateway'), 'arp'));
  const mac = await macOf(router);
  await setupLines(router, sourceVariables('ipv4'));
  await wire.line(`Request who-has ${ipv4.lan.gateway} (ff:ff:ff:ff:ff:ff) tell ${ipv4.lan.source}`);
  assert.equal(count(wire.stdout, `Request who-has ${ipv4.lan.source} (ff:ff:ff:ff:ff:ff) tell ${ipv4.lan.source}`), 2, wire.stdout);
  assert.equal(count(wire.stdout, `Reply ${ipv4.lan.source} is-at ${mac}`), 2, wire.stdout);
  // The duplicate check speaks from 0.0.0.0: until nobody answered, the address must not be in any neighbour's cache.
  assert.equal(count(wire.stdout, `who-has ${ipv4.lan.source} (ff:ff:ff:ff:ff:ff) tell 0.0.0.0`), 2, wire.stdout);
});

test('setup: neighbours that remember the last holder of the source IP send to the new one afterwards', async () => {
  await using lab = await buildLab({ family: 'dual' });
  const router = lab.host('router');
  const gateway = lab.host('gateway');
  const last = '02:00:00:00:00:01';
  for (const { lan } of [ipv4, ipv6])
    await gateway.output('ip', ['neigh', 'replace', lan.source, 'lladdr', last, 'nud', 'stale', 'dev', 'lan0']);
  await setupLines(router, sourceVariables('ipv4', 'ipv6'));
  const mac = await macOf(router);
  for (const { lan } of [ipv4, ipv6]) {
    const [neighbour] = JSON.parse(await gateway.output('ip', ['-j', 'neigh', 'show', lan.source, 'dev', 'lan0']));
    assert.equal(neighbour.lladdr, mac, lan.source);
  }
});

test('setup: an IPv6 source IP is announced by the kernel, to all nodes, without being asked', async () => {
  await using lab = await buildLab({ family: 'ipv6' });
  const wire = lab.attach(await capture(lab.host('lanHost'), 'icmp6 and ip6[40] = 136'));
  await setupLines(lab.host('router'), sourceVariables('ipv6'));
  await wire.line(`> ff02::1: ICMP6, neighbor advertisement, tgt is ${ipv6.lan.source}`);
});

test('run: with NET_RAW announces again and again, without it says nothing on the wire', async () => {
  await using lab = await buildLab();
  const router = lab.host('router');
  await setupLines(router, { ...sourceVariables('ipv4'), EGRESS_DUPLICATE_CHECK: 'off' });
  const wire = lab.attach(await capture(lab.host('gateway'), `arp and arp[6:2] = 2 and src host ${ipv4.lan.source}`));
  const env = { EGRESS_ANNOUNCE_INTERVAL: '100ms' };

  const mute = await router.spawn(process.execPath, ['src/main.ts', 'run'], { env, capabilities: [] });
  await mute.line('"announce":false');
  await mute.line('"ready"');
  await new Promise((resolve) => setTimeout(resolve, 500));
  mute.kill();
  await mute.exit;
  const silence = wire.stdout;

  const announcing = await router.spawn(process.execPath, ['src/main.ts', 'run'], { env, capabilities: ['net_raw'] });
  await announcing.line('"announce":true');
  for (const wanted of [1, 3]) await wire.line((line) => line.includes(' is-at ') && count(wire.stdout, ' is-at ') >= wanted);
  announcing.kill();
  await announcing.exit;
  assert.equal(count(silence, ' is-at '), 0, silence);
});
