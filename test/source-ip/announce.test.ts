import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addresses } from '../../lab/addresses.ts';
import { type CapturedPacket, capture } from '../../lab/capture.ts';
import { buildLab } from '../../lab/lab.ts';
import { patience, setupLines, sourceVariables } from './router-pod.ts';

const { ipv4, ipv6 } = addresses;

/** `request SENDER -> TARGET` or `reply SENDER -> TARGET`. */
const summary = ({ flags, source, destination }: CapturedPacket) => `${flags} ${source} -> ${destination}`;

test('setup: announces IPv4 in the request and in the reply form, twice, and asks the gateway from the source IP', async () => {
  await using lab = await buildLab();
  const router = lab.host('router');
  const wire = lab.attach(await capture(lab.host('gateway'), { iface: 'lan0', filter: 'arp' }));
  const mac = await router.mac('macvlan0');
  await setupLines(router, sourceVariables('ipv4'));
  const said = (await wire.stop()).filter(({ srcMac }) => srcMac === mac).map(summary);
  const { source, gateway } = ipv4.lan;
  const count = (line: string) => said.filter((other) => other === line).length;
  // The duplicate check speaks from 0.0.0.0: until nobody answered, the address must not be in any neighbour's cache.
  assert.equal(count(`request 0.0.0.0 -> ${source}`), 2, said.join('\n'));
  assert.equal(count(`request ${source} -> ${source}`), 2, said.join('\n'));
  assert.equal(count(`reply ${source} -> ${source}`), 2, said.join('\n'));
  assert.equal(count(`request ${source} -> ${gateway}`), 1, said.join('\n'));
});

test('setup: neighbours that remember the last holder of the source IP send to the new one afterwards', async () => {
  await using lab = await buildLab({ family: 'dual' });
  const router = lab.host('router');
  const gateway = lab.host('gateway');
  const last = '02:00:00:00:00:01';
  for (const { lan } of [ipv4, ipv6])
    await gateway.output('ip', ['neigh', 'replace', lan.source, 'lladdr', last, 'nud', 'stale', 'dev', 'lan0']);
  await setupLines(router, sourceVariables('ipv4', 'ipv6'));
  const mac = await router.mac('macvlan0');
  for (const { lan } of [ipv4, ipv6]) {
    const [neighbour] = JSON.parse(await gateway.output('ip', ['-j', 'neigh', 'show', lan.source, 'dev', 'lan0']));
    assert.equal(neighbour.lladdr, mac, lan.source);
  }
});

test('setup: an IPv6 source IP is announced by the kernel, to all nodes, without being asked', async () => {
  await using lab = await buildLab({ family: 'ipv6' });
  const router = lab.host('router');
  const wire = lab.attach(await capture(lab.host('lanHost'), { iface: 'eth0', filter: 'icmp6' }));
  const mac = await router.mac('macvlan0');
  await setupLines(router, sourceVariables('ipv6'));
  // 136 is a neighbour advertisement (RFC 4861 4.4).
  await wire.until((packet) => packet.icmpType === 136 && packet.destination === 'ff02::1' && packet.srcMac === mac);
});

test('run: with NET_RAW announces again and again, without it says nothing on the wire', async () => {
  await using lab = await buildLab();
  const router = lab.host('router');
  await setupLines(router, { ...sourceVariables('ipv4'), EGRESS_DUPLICATE_CHECK: 'off' });
  const wire = lab.attach(await capture(lab.host('gateway'), { iface: 'lan0', filter: 'arp' }));
  const announced = () => wire.packets.filter((packet) => summary(packet) === `reply ${ipv4.lan.source} -> ${ipv4.lan.source}`).length;
  const env = { EGRESS_ANNOUNCE_INTERVAL: '100ms' };

  const mute = await router.spawn(process.execPath, ['src/main.ts', 'run'], { env, capabilities: [] });
  await mute.line('"announce":false', 'stdout', patience);
  await mute.line('"ready"', 'stdout', patience);
  // Nothing is to happen, so there is nothing to wait for: five intervals.
  await new Promise((resolve) => setTimeout(resolve, 500));
  mute.kill();
  await mute.exit;
  await wire.flush();
  assert.equal(announced(), 0);

  const announcing = await router.spawn(process.execPath, ['src/main.ts', 'run'], { env, capabilities: ['net_raw'] });
  await announcing.line('"announce":true', 'stdout', patience);
  // Two in each turn: three are the second turn.
  await wire.until(() => announced() >= 3, patience);
  announcing.kill();
  await announcing.exit;
});
