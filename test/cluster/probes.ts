import { setTimeout as delay } from 'node:timers/promises';
import type { Cluster, ClusterNode } from '../../lab/cluster/cluster.ts';
import type { Pod } from './pod.ts';

// The kubelet's own count of what its probes came to.
const sample = /^prober_probe_total\{(?<labels>[^}]*)\} (?<count>\S+)$/gm;

/**
 * The results that a node's kubelet has counted for the probes of a pod, by the kind of probe, once each kind has been tried. Readiness probes of a
 * pod that is only starting are allowed to fail and left out.
 * @throws Error when a kind was not tried within 30 s: the longest period in deploy/ is 10 s.
 */
export async function probesOf(cluster: Cluster, node: ClusterNode['name'], pod: Pod): Promise<Record<string, string[]>> {
  const end = Date.now() + 30_000;
  for (;;) {
    const results = parseProbes(await cluster.kubectl(['get', '--raw', `/api/v1/nodes/${node}/proxy/metrics/probes`]), pod.metadata.uid);
    if (Object.keys(results).length === 2) return results;
    if (Date.now() > end) throw new Error(`${pod.metadata.name} was not probed in each way: ${JSON.stringify(results)}`);
    await delay(500);
  }
}

function parseProbes(metrics: string, uid: string): Record<string, string[]> {
  const results: Record<string, string[]> = {};
  for (const { groups } of metrics.matchAll(sample)) {
    const labels = Object.fromEntries([...(groups?.labels ?? '').matchAll(/(\w+)="([^"]*)"/g)].map(([, name, value]) => [name, value]));
    const { pod_uid, probe_type = '', result = '' } = labels;
    if (pod_uid !== uid || groups?.count === '0') continue;
    if (probe_type === 'Readiness' && result === 'failed') continue;
    results[probe_type] = [...(results[probe_type] ?? []), result].sort();
  }
  return results;
}
