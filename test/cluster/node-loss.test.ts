import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { connectCluster } from '../../lab/cluster/cluster.ts';
import { watchClaims } from './claims.ts';
import { learnMac, rememberedMac } from './neighbour-table.ts';
import type { Pod } from './pod.ts';
import { nodeOf } from './pod-network.ts';
import { Scene, sceneSite } from './scene.ts';
import { applySite, startSite } from './site.ts';
import { untilWaiting } from './until-waiting.ts';

const cluster = await connectCluster();
const timeout = 90_000;
const sources = { rebooted: '192.168.12.145', stranded: '192.168.12.146', cutOff: '192.168.12.148' };
const [node] = cluster.nodes;
const scene = await Scene.set(cluster, Object.values(sources));
after(() => scene[Symbol.asyncDispose]());

/** With Kubernetes' own tolerations, of 300 s, a pod waits for its node; with those of deploy/, of 2 s, it may be replaced before its node is back. */
const patient = { target: { kind: 'Deployment' }, patch: JSON.stringify([{ op: 'remove', path: '/spec/template/spec/tolerations' }]) };

test('redirect: after a reboot of its node the router has its address again, announces it, and nothing leaves with another', {
  timeout,
}, async () => {
  const source = sources.rebooted;
  const neighbour = { host: cluster.neighbours[0], iface: 'eth0' };
  await using site = await startSite(cluster, { ...sceneSite('redirect'), source: `${source}/24`, node: node.name, patches: [patient] });
  const before = await learnMac(neighbour, source);
  await using client = await scene.ask('node2', 'redirect', await site.serviceAddress());
  await client.answered(0);
  const old = await site.pod();

  await node.powerOff();
  const { sent } = await client.failed(0);
  await node.powerOn();
  const isBack = ({ metadata, status }: Pod) =>
    metadata.uid === old.metadata.uid && status.containerStatuses?.every(({ ready, restartCount }) => ready && restartCount > 0) === true;
  await site.namespace.untilPod('runs again after the reboot', isBack, { selector: site.selector });
  assert.equal((await client.answered(sent)).source, source);
  assert.notEqual(await rememberedMac(neighbour, source), before);
  assert.deepEqual(client.sources, [source]);
  assert.deepEqual(await scene.outgoing(source), { leaks: [], reserved: true, strangers: [] });
});

test('redirect: on a node whose LAN does not have the gateway setup fails and says so, and succeeds once it has', { timeout }, async () => {
  const source = sources.stranded;
  const move = (bridge: 'lan' | 'elsewhere') => cluster.lan.output('ip', ['link', 'set', node.name, 'master', bridge]);
  await move('elsewhere');
  try {
    await using site = await applySite(cluster, { ...sceneSite('redirect'), source: `${source}/24`, node: node.name });
    const ended = ({ status }: Pod) => {
      const [setup] = status.initContainerStatuses ?? [];
      return setup?.state.terminated ?? setup?.lastState.terminated;
    };
    const pod = await site.namespace.untilPod('gave up', (candidate) => ended(candidate) !== undefined, { selector: site.selector });
    const message = ended(pod)?.message ?? '';
    assert.ok(message.startsWith(`the gateway 192.168.12.1 does not answer ${source} on macvlan0`), message);
    assert.match(message, /GATEWAY_UNREACHABLE/);
    assert.deepEqual(await scene.outgoing(source), { leaks: [], reserved: false, strangers: [] });

    await move('lan');
    const ready = await site.pod();
    assert.equal(ready.metadata.uid, pod.metadata.uid);
    await using client = await scene.ask('node2', 'redirect', await site.serviceAddress());
    assert.equal((await client.answered(0)).source, source);
    assert.deepEqual(await scene.outgoing(source), { leaks: [], reserved: true, strangers: [] });
  } finally {
    await move('lan');
  }
});

test('redirect: a node that lost only the control plane keeps the address; the pod that replaces its pod waits until that has ended', {
  timeout,
}, async () => {
  const source = sources.cutOff;
  const gateway = { host: cluster.gateway, iface: 'lan0' };
  await using site = await startSite(cluster, { ...sceneSite('redirect'), source: `${source}/24` });
  const old = await site.pod();
  const { name } = nodeOf(cluster, old);
  const other = cluster.nodes.find((candidate) => candidate.name !== name) ?? assert.fail();
  const mac = await rememberedMac(gateway, source);
  await using claims = await watchClaims(cluster, source);
  const setCable = (state: 'up' | 'down') => cluster.controlPlane.output('ip', ['link', 'set', name, state]);
  await setCable('down');
  try {
    await untilWaiting(site, other.name, mac);
    assert.equal(await learnMac(gateway, source), mac, 'the old pod answers');
    assert.deepEqual(await claims.claimants(), [mac]);
  } finally {
    await setCable('up');
  }
  const pod = await site.pod();
  assert.notEqual(pod.metadata.uid, old.metadata.uid);
  await using client = await scene.ask(other.name, 'redirect', await site.serviceAddress());
  assert.equal((await client.answered(0)).source, source);
  assert.notEqual(await rememberedMac(gateway, source), mac);
  assert.deepEqual(await scene.outgoing(source), { leaks: [], reserved: true, strangers: [] });
});
