import { mkdir, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { applyPlan } from '../apply-plan.ts';
import { stateFile } from './cluster.ts';
import { startControlPlane } from './control-plane.ts';
import { writeImages } from './images.ts';
import { Pki } from './pki.ts';
import { planNetwork } from './plan-network.ts';
import { poll } from './poll.ts';
import { type ClusterState, RunningCluster } from './running-cluster.ts';

const manifests = fileURLToPath(new URL('manifests', import.meta.url));

/**
 * Starts etcd, Kubernetes and two nodes, and resolves once both are Ready and have the client's image. Needs root in namespaces of its own (run.ts): the
 * cluster ends with them. `state.folder` must be on no overlay file system; cgroups are left to the caller.
 */
export async function startCluster(state: ClusterState): Promise<RunningCluster> {
  const { folder, logs, programs } = state;
  const since = new Date();
  for (const needed of [folder, logs]) await mkdir(needed, { recursive: true });
  const making = Promise.all([Pki.make(`${folder}/pki`), writeImages(`${folder}/images`)]);
  const [hosts, [pki, images]] = await Promise.all([applyPlan(planNetwork(), folder), making]);
  await writeFile(
    stateFile(state),
    JSON.stringify({ state, pids: Object.fromEntries([...hosts].map(([name, host]) => [name, host.pid])) }),
  );
  const cluster = new RunningCluster(state, hosts);
  await Promise.all(cluster.nodes.map((node) => node.install()));
  await Promise.all([
    startControlPlane({ host: cluster.controlPlane, pki, programs, folder, logs }),
    ...cluster.nodes.map((node) => node.boot()),
  ]);
  await Promise.all([cluster.kubectl(['apply', '-f', manifests]), ...images.map((image) => cluster.loadImage(image))]);
  await Promise.all([...cluster.nodes.map((node) => node.untilReady(since)), untilPodsAreAccepted(cluster)]);
  return cluster;
}

/** The API refuses pods until the namespace has its service account. */
async function untilPodsAreAccepted(cluster: RunningCluster): Promise<void> {
  const words = ['get', 'serviceaccount', 'default', '--ignore-not-found', '-o', 'name'];
  await poll('the default service account is there', 120_000, async () => (await cluster.kubectl(words)) !== '');
}
