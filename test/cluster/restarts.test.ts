import assert from 'node:assert/strict';
import { after, suite, test } from 'node:test';
import { connectCluster } from '../../lab/cluster/cluster.ts';
import { watchClaims } from './claims.ts';
import { exhaustMemory } from './exhaust-memory.ts';
import { learnMac, rememberedMac } from './neighbour-table.ts';
import { containerProcess } from './node-containers.ts';
import type { ContainerStatus } from './pod.ts';
import { nodeOf } from './pod-network.ts';
import { Scene, sceneSite } from './scene.ts';
import { applySite, startSite } from './site.ts';

const cluster = await connectCluster();
const timeout = 90_000;
const sources = {
  checking: '192.168.12.122',
  announcing: '192.168.12.123',
  outOfMemory: { 'http-proxy': '192.168.12.124', 'dns-proxy': '192.168.12.126' },
  deleted: { ipv4: '192.168.12.125', ipv6: '2001:db8:12::125' },
};
const scene = await Scene.set(cluster, [sources.checking, sources.announcing, ...Object.values(sources.outOfMemory), sources.deleted.ipv4]);
after(() => scene[Symbol.asyncDispose]());

// Each has a source IP of its own, and mostly waits.
suite('what ends in the middle', { concurrency: true }, () => {
  for (const moment of ['checking', 'announcing'] as const) {
    const doing = { checking: 'asks whether somebody has the source IP', announcing: 'announces the source IP' }[moment];
    test(`redirect: a setup that is killed while it ${doing} starts again and finishes, and nothing leaves with another address`, {
      timeout,
    }, async () => {
      const source = sources[moment];
      await using claims = await watchClaims(cluster, source);
      await using site = await applySite(cluster, { ...sceneSite('redirect'), source: `${source}/24` });
      const pod = await site.namespace.untilPod('has an address', ({ status }) => status.podIP !== undefined, { selector: site.selector });
      // Its own address: the Service has no endpoint until it is ready.
      await using client = await scene.ask('node1', 'redirect', pod.status.podIP ?? '');
      await (moment === 'checking' ? claims.asked() : claims.claimed());
      const node = nodeOf(cluster, pod);
      await node.output('kill', ['-KILL', String(await containerProcess(node, pod.metadata.uid, 'setup'))]);
      await client.failed(0);
      const ready = await site.pod();
      assert.equal(ready.metadata.uid, pod.metadata.uid);
      const [setup] = ready.status.initContainerStatuses ?? [];
      assert.equal(setup?.restartCount, 1, JSON.stringify(setup));
      assert.equal((await client.answered(0)).source, source);
      assert.deepEqual(await scene.outgoing(source), { leaks: [], reserved: true, strangers: [] });
    });
  }

  for (const mode of ['http-proxy', 'dns-proxy'] as const) {
    test(`${mode}: a proxy that the kernel ends for want of memory starts again in the same pod, and nothing leaves in between`, {
      timeout,
    }, async () => {
      const source = sources.outOfMemory[mode];
      await using site = await startSite(cluster, { ...sceneSite(mode), source: `${source}/24` });
      const pod = await site.pod();
      await using client = await scene.ask('node2', mode, pod.status.podIP ?? '');
      await client.answered(0);
      const node = nodeOf(cluster, pod);
      await exhaustMemory(node, await containerProcess(node, pod.metadata.uid, 'proxy'));
      const { sent } = await client.failed(0);
      assert.equal((await client.answered(sent)).source, source);
      const isRestarted = ({ restartCount, lastState }: ContainerStatus) =>
        restartCount === 1 && lastState.terminated?.reason === 'OOMKilled';
      const ready = await site.namespace.untilPod(
        'is ready again after its proxy was OOMKilled',
        ({ status }) => status.containerStatuses?.every(isRestarted) === true,
      );
      assert.equal(ready.metadata.uid, pod.metadata.uid);
      assert.deepEqual(client.sources, [source]);
      assert.deepEqual(await scene.outgoing(source), { leaks: [], reserved: true, strangers: [] });
    });
  }

  test('http-proxy: a pod that is deleted comes back with its addresses, and who knew the MAC address of the old one sends to the new one without asking', {
    timeout,
  }, async () => {
    const { ipv4, ipv6 } = sources.deleted;
    const neighbour = { host: cluster.neighbours[0], iface: 'eth0' };
    const gateway = { host: cluster.gateway, iface: 'lan0' };
    const whoKnowsWhat = [neighbour, gateway].flatMap((host) => [ipv4, ipv6].map((address) => [host, address] as const));
    await using site = await startSite(cluster, {
      ...sceneSite('http-proxy'),
      source: `${ipv4}/24,${ipv6}/64`,
      gateway: '192.168.12.1,2001:db8:12::1',
      // Its sysctls let the kernel announce the IPv6 source IP. Without them only the gateway is told.
      components: ['forwarding'],
    });
    const old = await site.pod();
    await using client = await scene.ask('node1', 'http-proxy', await site.serviceAddress());
    await client.answered(0);
    const before = await Promise.all(whoKnowsWhat.map(([host, address]) => learnMac(host, address)));
    assert.equal(new Set(before).size, 1, before.join());

    await site.namespace.kubectl(['delete', 'pod', old.metadata.name]);
    const { sent } = await client.failed(0);
    const pod = await site.pod();
    assert.notEqual(pod.metadata.uid, old.metadata.uid);
    assert.equal((await client.answered(sent)).source, ipv4);
    const afterwards = await Promise.all(whoKnowsWhat.map(([host, address]) => rememberedMac(host, address)));
    assert.equal(new Set(afterwards).size, 1, afterwards.join());
    assert.notEqual(afterwards[0], before[0]);
    assert.deepEqual(await scene.outgoing(ipv4), { leaks: [], reserved: true, strangers: [] });
  });
});
