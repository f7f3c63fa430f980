import { isDeepStrictEqual } from 'node:util';
import type { Cluster } from '../../lab/cluster/cluster.ts';
import { poll } from '../../lab/cluster/poll.ts';
import type { Namespace } from './namespace.ts';

/** A pod of the days of OpenShift SDN, as far as the policies look at it. */
export interface OldPod {
  readonly annotations: Readonly<Record<string, string>>;
  readonly privileged?: boolean;
  readonly hostNetwork?: boolean;
}

/** Applies deploy/legacy to the cluster, deletes and applies it again, and resolves once the API server goes by it. Disposing of it takes all of that away. */
export async function applyLegacyPolicies(cluster: Cluster, namespace: Namespace): Promise<AsyncDisposable> {
  const words = ['-k', 'deploy/legacy'];
  await using cleanup = new AsyncDisposableStack();
  cleanup.defer(async () => void (await cluster.kubectl(['delete', ...words, '--ignore-not-found'])));
  await cluster.kubectl(['apply', ...words]);
  await untilInForce(namespace, true);
  // Once more: with parameters in a ConfigMap (an informer that is not started twice) they were never in force again.
  await cluster.kubectl(['delete', ...words]);
  await untilInForce(namespace, false);
  await cluster.kubectl(['apply', ...words]);
  await untilInForce(namespace, true);
  const owned = cleanup.move();
  return { [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

/** The attachments that a pod is given when it is made: nothing is made, the API server only says what it would do. @throws Error when it is refused. */
export async function attachmentsOf(namespace: Namespace, pod: OldPod): Promise<string | undefined> {
  const input = JSON.stringify(formatPod(pod));
  const made = JSON.parse(await namespace.kubectl(['create', '--dry-run=server', '--output=json', '-f', '-'], { input }));
  return made.metadata.annotations['k8s.v1.cni.cncf.io/networks'];
}

/** The API server learns of policies, and of their end, by and by. */
async function untilInForce(namespace: Namespace, expected: boolean): Promise<void> {
  const annotations = { 'pod.network.openshift.io/assign-macvlan': 'true' };
  const inForce = ['default/egress-lan@macvlan0', 'refused'];
  const gone = [undefined, undefined];
  let answers: (string | undefined)[] = [];
  const ask = (pod: OldPod) =>
    attachmentsOf(namespace, pod).catch((error: Error) => (error.message.includes('denied request') ? 'refused' : String(error)));
  await poll(
    `the policies of deploy/legacy are ${expected ? 'in force' : 'gone'}`,
    30_000,
    async () => {
      // One may be in force before the other: then the first of these pods is refused.
      answers = [await ask({ annotations, privileged: true }), await ask({ annotations })];
      return isDeepStrictEqual(answers, expected ? inForce : gone);
    },
    () => answers.join('; '),
  );
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
