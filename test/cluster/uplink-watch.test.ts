import assert from 'node:assert/strict';
import { test } from 'node:test';
import { connectCluster } from '../../lab/cluster/cluster.ts';
import { leakOnPurpose } from '../e2e/faults.ts';
import { longestGap } from './longest-gap.ts';
import { nodeOf, podNetwork } from './pod-network.ts';
import { Scene, sceneServer, sceneSite } from './scene.ts';
import { startSite } from './site.ts';

const cluster = await connectCluster();

test('watchUplinks: what a router sends by its pod network, once nothing keeps it in, is caught, though the node translates it', {
  timeout: 60_000,
}, async () => {
  const source = '192.168.12.147';
  await using scene = await Scene.set(cluster, [source]);
  await using site = await startSite(cluster, { ...sceneSite('redirect'), source: `${source}/24` });
  const pod = await site.pod();
  const network = await podNetwork(cluster, pod);
  const request = ['--silent', '--max-time', '5', sceneServer];
  await network.output('curl', request);
  assert.deepEqual(await scene.outgoing(source), { leaks: [], reserved: true, strangers: [] });

  await leakOnPurpose(network);
  await network.output('curl', request);
  const { leaks, strangers } = await scene.outgoing(source);
  const { lanAddress } = nodeOf(cluster, pod);
  assert.deepEqual(strangers, [lanAddress]);
  assert.ok(
    leaks.some((line) => line.includes(`tcp ${lanAddress} > 203.0.113.27 8127 S`)),
    leaks.join('\n'),
  );
});

test('longestGap: the time between two answers that followed one another, whatever failed in between', () => {
  const answer = (ended: number) => ({ sent: ended - 5, ended, source: '192.168.12.99' });
  const failure = (ended: number) => ({ sent: ended - 5, ended, error: 'ECONNREFUSED' });
  assert.equal(longestGap([]), 0);
  assert.equal(longestGap([answer(100)]), 0);
  assert.equal(longestGap([answer(100), answer(200), answer(310)]), 110);
  assert.equal(longestGap([answer(100), failure(150), failure(250), answer(900), answer(1000)]), 800);
  assert.equal(longestGap([answer(100), failure(150), answer(900), answer(1000)], 800), 800);
  assert.equal(longestGap([answer(100), failure(150), answer(900), answer(1000)], 950), 100);
  // A request that was repeated by TCP ends after a later one.
  assert.equal(longestGap([answer(300), answer(100), answer(200)]), 100);
});
