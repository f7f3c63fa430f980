import { setTimeout as delay } from 'node:timers/promises';
import type { Cluster, ClusterNode } from '../../lab/cluster/cluster.ts';
import type { Pod } from './pod.ts';

// The kubelet's own count of what its probes came to.
const sample = /^prober_probe_total\{.*$/gm;

/**
 * Waits until a node's kubelet has had an answer to both kinds of probe of a pod. What fails before the first success is the start.
 * @throws Error with the kubelet's counts after 30 s: the longest period in deploy/ is 10 s.
 */
export async function untilProbed(cluster: Cluster, node: ClusterNode['name'], pod: Pod): Promise<void> {
  const end = Date.now() + 30_000;
  for (;;) {
    const metrics = await cluster.kubectl(['get', '--raw', `/api/v1/nodes/${node}/proxy/metrics/probes`]);
    const counts = metrics.match(sample)?.filter((line) => line.includes(`pod_uid="${pod.metadata.uid}"`)) ?? [];
    const succeeded = (kind: string) =>
      counts.some((line) => line.includes(`probe_type="${kind}"`) && line.includes('result="successful"') && !line.endsWith(' 0'));
    if (succeeded('Liveness') && succeeded('Readiness')) return;
    if (Date.now() > end) throw new Error(`${pod.metadata.name} did not answer both kinds of probe:\n${counts.join('\n')}`);
    await delay(500);
  }
}
