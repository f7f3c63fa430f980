import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { connectCluster } from '../../lab/cluster/cluster.ts';
import { type ClaimWatch, watchClaims } from './claims.ts';
import { type Failover, type FailoverStep, reportFailovers } from './failover-table.ts';
import { rememberedMac } from './neighbour-table.ts';
import { isReady, type Pod } from './pod.ts';
import { nodeOf } from './pod-network.ts';
import { Scene, sceneSite } from './scene.ts';
import { type Site, type SiteMode, startSite } from './site.ts';

const rollouts = process.env.TEST_CLUSTER_LONG === undefined ? 20 : 100;
const source = '192.168.12.130';
const proxies = { 'http-proxy': '192.168.12.131', 'dns-proxy': '192.168.12.132' };
const cluster = await connectCluster();
const scene = await Scene.set(cluster, [source, ...Object.values(proxies)]);
const measured: Failover[] = [];
const made = new AsyncDisposableStack();
made.use(scene);
let site: Site;
let claims: ClaimWatch;

before(async () => {
  site = made.use(await startSite(cluster, { ...sceneSite('redirect'), source: `${source}/24` }));
  claims = made.use(await watchClaims(cluster, source));
});

after(async () => {
  await made.disposeAsync();
  await reportFailovers(measured);
});

test(
  `redirect: ${rollouts} rollouts in a row end with the same address each time, and no packet leaves with another`,
  {
    timeout: rollouts * 20_000,
  },
  () => proveRollouts('redirect', site, source, rollouts),
);

test('redirect: a node that is drained hands the address to the other one, and no packet leaves with another', {
  timeout: 60_000,
}, async () => {
  const node = nodeOf(cluster, await site.pod());
  const drain = ['drain', node.name, `--pod-selector=${site.selector}`, '--timeout=50s'];
  try {
    await proveMoved(
      'kubectl drain',
      () => cluster.kubectl(drain),
      async () => [],
    );
  } finally {
    await cluster.kubectl(['uncordon', node.name]);
  }
});

test('redirect: a node that loses its power loses the address to the other one, and no packet leaves with another', {
  timeout: 120_000,
}, async () => {
  const node = nodeOf(cluster, await site.pod());
  try {
    await proveMoved(
      'power cut',
      () => node.powerOff(),
      async () => {
        const { status } = JSON.parse(await cluster.kubectl(['get', 'node', node.name, '--output=json']));
        const ready = status.conditions.find(({ type }: { type: string }) => type === 'Ready');
        return [{ step: 'node lost', after: Date.parse(ready.lastTransitionTime) }];
      },
    );
  } finally {
    await node.powerOn();
  }
});

suite('proxies', { concurrency: true }, () => {
  for (const mode of ['http-proxy', 'dns-proxy'] as const) {
    const count = rollouts / 4;
    test(`${mode}: ${count} rollouts in a row end with the same address each time, and no packet leaves with another`, {
      timeout: count * 20_000 + 30_000,
    }, async () => {
      await using proxy = await startSite(cluster, { ...sceneSite(mode), source: `${proxies[mode]}/24` });
      await proveRollouts(mode, proxy, proxies[mode], count);
    });
  }
});

/** Shows what a client of `router` notices while it is rolled out `count` times. */
async function proveRollouts(mode: SiteMode, router: Site, reserved: string, count: number): Promise<void> {
  await using client = await scene.ask('node1', mode, await router.serviceAddress());
  await client.answered(0);
  const gaps: number[] = [];
  for (let done = 0; done < count; done += 1) {
    const since = Date.now();
    await router.namespace.kubectl(['rollout', 'restart', `deployment/${router.name}`]);
    await router.rolledOut();
    await client.answered(Date.now());
    gaps.push(client.gap(since));
  }
  assert.deepEqual(client.sources, [reserved]);
  assert.deepEqual(await scene.outgoing(reserved), { leaks: [], reserved: true, strangers: [] });
  const [longest = 0, ...shorter] = gaps.toSorted((left, right) => right - left);
  const median = shorter[Math.floor(shorter.length / 2)] ?? longest;
  measured.push({ event: `rollout restart, the median of ${count}`, mode, gap: median, steps: [] });
  measured.push({ event: `rollout restart, the longest of ${count}`, mode, gap: longest, steps: [] });
}

/**
 * Shows that what `move` does brings the router to the other node, and measures what a client there notices.
 * @param observe gives what else had to happen, in milliseconds since 1970
 */
async function proveMoved(event: string, move: () => Promise<unknown>, observe: () => Promise<readonly FailoverStep[]>): Promise<void> {
  const old = await site.pod();
  const other = cluster.nodes.find(({ name }) => name !== old.spec.nodeName) ?? assert.fail();
  await using client = await scene.ask(other.name, 'redirect', await site.serviceAddress());
  await client.answered(0);
  const since = Date.now();
  await move();
  const isNew = (pod: Pod) => isReady(pod) && pod.metadata.uid !== old.metadata.uid;
  const pod = await site.namespace.untilPod('is ready in place of the old one', isNew, { selector: site.selector });
  assert.equal(pod.spec.nodeName, other.name);
  const answer = await client.answered(Date.now());
  assert.equal(answer.source, source);
  assert.deepEqual(client.sources, [source]);
  assert.deepEqual(await scene.outgoing(source), { leaks: [], reserved: true, strangers: [] });
  const steps = [
    ...(await observe()),
    { step: 'new pod', after: Date.parse(pod.metadata.creationTimestamp) },
    { step: 'address claimed', after: (await claims.claimed(await rememberedMac({ host: cluster.gateway, iface: 'lan0' }, source))).time },
  ];
  measured.push({
    event,
    mode: 'redirect',
    gap: client.gap(since),
    steps: steps.map(({ step, after }) => ({ step, after: after - since })),
  });
}
