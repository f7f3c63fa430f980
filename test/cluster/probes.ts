import type { Cluster, ClusterNode } from '../../lab/cluster/cluster.ts';
import { poll } from '../../lab/cluster/poll.ts';
import type { Pod } from './pod.ts';

// The kubelet's own count of what its probes came to.
const sample = /^prober_probe_total\{.*$/gm;

/**
 * Waits until a node's kubelet has had an answer to both kinds of probe of a pod. What fails before the first success is the start.
 * @throws Error with the kubelet's counts after 30 s: the longest period in deploy/ is 10 s.
 */
export async function untilProbed(cluster: Cluster, node: ClusterNode['name'], pod: Pod): Promise<void> {
  let counts: readonly string[] = [];
  const succeeded = (kind: string) =>
    counts.some((line) => line.includes(`probe_type="${kind}"`) && line.includes('result="successful"') && !line.endsWith(' 0'));
  await poll(
    `${pod.metadata.name} has answered both kinds of probe`,
    30_000,
    async () => {
      const metrics = await cluster.kubectl(['get', '--raw', `/api/v1/nodes/${node}/proxy/metrics/probes`]);
      counts = metrics.match(sample)?.filter((line) => line.includes(`pod_uid="${pod.metadata.uid}"`)) ?? [];
      return succeeded('Liveness') && succeeded('Readiness');
    },
    () => counts.join('\n'),
  );
}
