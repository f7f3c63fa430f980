import { setTimeout as delay } from 'node:timers/promises';
import type { Cluster } from '../../lab/cluster/cluster.ts';
import type { Namespace } from './namespace.ts';

/** A pod of the days of OpenShift SDN, as far as the policies look at it. */
export interface OldPod {
  readonly annotations: Readonly<Record<string, string>>;
  readonly privileged?: boolean;
  readonly hostNetwork?: boolean;
}

/** Applies deploy/legacy to the cluster, and resolves once the API server goes by it. Disposing of it takes all of that away. */
export async function applyLegacyPolicies(cluster: Cluster, namespace: Namespace): Promise<AsyncDisposable> {
  const words = ['-k', 'deploy/legacy'];
  await using cleanup = new AsyncDisposableStack();
  cleanup.defer(async () => void (await cluster.kubectl(['delete', ...words, '--ignore-not-found'])));
  await cluster.kubectl(['apply', ...words]);
  await untilInForce(namespace);
  const owned = cleanup.move();
  return { [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

/** The attachments that a pod is given when it is made: nothing is made, the API server only says what it would do. @throws Error when it is refused. */
export async function attachmentsOf(namespace: Namespace, pod: OldPod): Promise<string | undefined> {
  const input = JSON.stringify(formatPod(pod));
  const made = JSON.parse(await namespace.kubectl(['create', '--dry-run=server', '--output=json', '-f', '-'], { input }));
  return made.metadata.annotations['k8s.v1.cni.cncf.io/networks'];
}

/** The API server learns of policies by and by, and of the ConfigMap that they read after that. */
async function untilInForce(namespace: Namespace): Promise<void> {
  const given = () => attachmentsOf(namespace, { annotations: { 'pod.network.openshift.io/assign-macvlan': 'eth1' }, privileged: true });
  const refused = () =>
    attachmentsOf(namespace, { annotations: { 'pod.network.openshift.io/assign-macvlan': 'true' } }).then(
      () => false,
      () => true,
    );
  const end = Date.now() + 30_000;
  while ((await given().catch(() => undefined)) === undefined || !(await refused())) {
    if (Date.now() > end) throw new Error('the policies of deploy/legacy are not in force after 30 s');
    await delay(250);
  }
}

function formatPod({ annotations, privileged = false, hostNetwork = false }: OldPod): object {
  const container = { name: 'main', image: 'egress-router', securityContext: { privileged } };
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'old', annotations },
    spec: { hostNetwork, containers: [container] },
  };
}
