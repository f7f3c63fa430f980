import assert from 'node:assert/strict';
import { after, suite, test } from 'node:test';
import { connectCluster } from '../../lab/cluster/cluster.ts';
import { watchClaims } from './claims.ts';
import { rememberedMac } from './neighbour-table.ts';
import type { Pod } from './pod.ts';
import { Scene, sceneSite } from './scene.ts';
import { applySite, type Site, startSite } from './site.ts';
import { untilWaiting } from './until-waiting.ts';

const cluster = await connectCluster();
const timeout = 90_000;
const sources = { lan: '192.168.12.140', lanIpv6: '2001:db8:12::141', router: '192.168.12.142' };
const gateway = { host: cluster.gateway, iface: 'lan0' };
const [holder] = cluster.neighbours;
const scene = await Scene.set(cluster, Object.values(sources));
after(() => scene[Symbol.asyncDispose]());

// Each has a source IP of its own, and mostly waits.
suite('somebody else has the source IP', { concurrency: true }, () => {
  test('redirect: while a host of the LAN has the source IP, setup says who and waits, and takes it as soon as it is free', {
    timeout,
  }, async () => {
    const source = sources.lan;
    await using claims = await watchClaims(cluster, source);
    await using held = await hold(`${source}/24`);
    await using site = await applySite(cluster, { ...sceneSite('redirect'), source: `${source}/24` });
    const mac = await holder.mac('eth0');
    const pod = await untilWaiting(site, undefined, mac);
    assert.deepEqual(await claims.claimants(), [mac]);

    await held.release();
    const ready = await site.pod();
    assert.equal(ready.metadata.uid, pod.metadata.uid);
    assert.equal(ready.status.initContainerStatuses?.[0]?.restartCount, 0, 'it waited inside of setup');
    await proveCarried(site, source);
  });

  test('http-proxy, IPv6: while a host of the LAN has the source IP, the pod says who until setup gives up, and takes it once it is free', {
    timeout,
  }, async () => {
    const source = sources.lanIpv6;
    await using claims = await watchClaims(cluster, source);
    await using held = await hold(`${source}/64`, 'nodad');
    const env = { EGRESS_DUPLICATE_CHECK_TIMEOUT: '1s' };
    await using site = await applySite(cluster, { ...sceneSite('http-proxy', 'ipv6'), source: `${source}/64`, env });
    const mac = await holder.mac('eth0');
    const ended = ({ status }: Pod) =>
      status.initContainerStatuses?.[0]?.lastState.terminated ?? status.initContainerStatuses?.[0]?.state.terminated;
    const pod = await site.namespace.untilPod('gave up', (candidate) => ended(candidate) !== undefined, { selector: site.selector });
    const message = ended(pod)?.message ?? '';
    assert.ok(message.startsWith(`${source} is in use by ${mac}, asked for 1 s`), message);
    assert.match(message, /ADDRESS_IN_USE/);
    assert.deepEqual(await claims.claimants(), [mac]);

    await held.release();
    const ready = await site.pod();
    assert.equal(ready.metadata.uid, pod.metadata.uid);
    assert.notEqual(await rememberedMac(gateway, source), mac);
    await using client = await scene.ask('node2', 'http-proxy', await site.serviceAddress(), 'ipv6');
    assert.equal((await client.answered(0)).source, source);
    assert.deepEqual(await scene.outgoing(source), { leaks: [], reserved: true, strangers: [] });
  });

  test('redirect: of two routers with one source IP, on two nodes, the second waits for the first to end, and then takes it', {
    timeout,
  }, async () => {
    const source = sources.router;
    await using claims = await watchClaims(cluster, source);
    await using first = await startSite(cluster, { ...sceneSite('redirect'), source: `${source}/24`, node: 'node1' });
    const mac = await rememberedMac(gateway, source);
    await using client = await scene.ask('node1', 'redirect', await first.serviceAddress());
    await using second = await applySite(cluster, { ...sceneSite('redirect'), source: `${source}/24`, node: 'node2' });
    const pod = await untilWaiting(second, 'node2', mac);
    assert.deepEqual(await claims.claimants(), [mac]);
    await client.answered(Date.now());
    assert.equal(await rememberedMac(gateway, source), mac);

    await first.namespace.kubectl(['delete', 'deployment', first.name]);
    const ready = await second.pod();
    assert.equal(ready.metadata.uid, pod.metadata.uid);
    assert.notEqual(await rememberedMac(gateway, source), mac);
    await proveCarried(second, source);
  });
});

/** Gives the holder an address. Disposing of it takes it away, if it was not released. */
async function hold(address: string, ...flags: readonly string[]) {
  await holder.output('ip', ['address', 'add', address, 'dev', 'eth0', ...flags]);
  const release = async () => {
    await holder.run('ip', ['address', 'delete', address, 'dev', 'eth0']);
  };
  return { release, [Symbol.asyncDispose]: release };
}

/** A client reaches the server outside through the router, with its source IP and no other. */
async function proveCarried(site: Site, source: string): Promise<void> {
  await using client = await scene.ask('node2', 'redirect', await site.serviceAddress());
  assert.equal((await client.answered(0)).source, source);
  assert.deepEqual(await scene.outgoing(source), { leaks: [], reserved: true, strangers: [] });
}
