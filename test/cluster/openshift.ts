import type { Cluster } from '../../lab/cluster/cluster.ts';

const group = 'security.openshift.io';

/** Of OpenShift the one kind of object that deploy/ has and Kubernetes does not: it is kept, and nobody acts on it. */
const securityContextConstraints = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: `securitycontextconstraints.${group}` },
  spec: {
    group,
    scope: 'Cluster',
    names: { kind: 'SecurityContextConstraints', plural: 'securitycontextconstraints', singular: 'securitycontextconstraints' },
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
      },
    ],
  },
};

/** Makes the API server accept what deploy/ has for OpenShift. Disposing of it deletes the kind, and every object of it. */
export async function serveOpenShiftKinds(cluster: Cluster): Promise<AsyncDisposable> {
  const input = JSON.stringify(securityContextConstraints);
  await using cleanup = new AsyncDisposableStack();
  cleanup.defer(async () => void (await cluster.kubectl(['delete', '-f', '-', '--ignore-not-found'], { input })));
  await cluster.kubectl(['apply', '-f', '-'], { input });
  await cluster.kubectl(['wait', '--for=condition=Established', '--timeout=30s', '-f', '-'], { input });
  const owned = cleanup.move();
  return { [Symbol.asyncDispose]: () => owned.disposeAsync() };
}
