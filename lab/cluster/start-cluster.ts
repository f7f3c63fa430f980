import { mkdir, rm, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { applyPlan } from '../apply-plan.ts';
import type { MachineName } from './addresses.ts';
import { stateVariable } from './cluster.ts';
import { startControlPlane } from './control-plane.ts';
import { writeImages } from './images.ts';
import { Pki } from './pki.ts';
import { planNetwork } from './plan-network.ts';
import { poll } from './poll.ts';
import { type ClusterState, RunningCluster } from './running-cluster.ts';

const manifests = fileURLToPath(new URL('manifests', import.meta.url));

/** A cluster that ends when it is disposed of. */
export interface OwnCluster extends AsyncDisposable {
  readonly cluster: RunningCluster;
  /** What a program needs in its environment for `connectCluster`. */
  readonly env: Readonly<Record<string, string>>;
}

/**
 * Starts etcd, Kubernetes and two nodes, and resolves once both are Ready and have the client's image. Needs root, in a sandbox (scripts/sandbox.mjs):
 * nodes end with it at the latest. `state.folder` must be there and on no overlay file system. The caller disposes of it; cgroups are left to the caller.
 */
export async function startCluster(state: ClusterState): Promise<OwnCluster> {
  const { folder, logs, programs } = state;
  const since = new Date();
  await mkdir(logs, { recursive: true });
  const making = Promise.all([Pki.make(`${folder}/pki`), writeImages(`${folder}/images`)]);
  const [hosts, [pki, images]] = await Promise.all([applyPlan(planNetwork(), folder), making]);
  const cluster = new RunningCluster(state, hosts);
  const own: OwnCluster = {
    cluster,
    env: { [stateVariable]: `${folder}/state.json` },
    async [Symbol.asyncDispose]() {
      await Promise.all(cluster.nodes.map((node) => node.halt()));
      await Promise.all([...hosts.values()].map((host) => host[Symbol.asyncDispose]()));
      await rm(folder, { recursive: true });
    },
  };
  try {
    const pids: Partial<Record<MachineName, number>> = Object.fromEntries([...hosts].map(([name, host]) => [name, host.pid]));
    await writeFile(`${folder}/state.json`, JSON.stringify({ state, pids }));
    await Promise.all(cluster.nodes.map((node) => node.install()));
    await Promise.all([
      startControlPlane({ host: cluster.controlPlane, pki, programs, folder, logs }),
      ...cluster.nodes.map((node) => node.boot()),
    ]);
    await Promise.all([cluster.kubectl(['apply', '-f', manifests]), ...images.map((image) => cluster.loadImage(image))]);
    await Promise.all([...cluster.nodes.map((node) => node.untilReady(since)), untilPodsAreAccepted(cluster)]);
  } catch (error) {
    await own[Symbol.asyncDispose]();
    throw error;
  }
  return own;
}

/** The API refuses pods until the namespace has its service account. */
async function untilPodsAreAccepted(cluster: RunningCluster): Promise<void> {
  const words = ['get', 'serviceaccount', 'default', '--ignore-not-found', '-o', 'name'];
  await poll('the default service account is there', 30_000, async () => (await cluster.kubectl(words)) !== '');
}
