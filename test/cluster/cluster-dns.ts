import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { clusterAddresses } from '../../lab/cluster/addresses.ts';
import type { Cluster } from '../../lab/cluster/cluster.ts';
import { type DnsRecord, type Nameserver, startNameserverOn } from '../../lab/nameserver.ts';

const namespace = 'kube-system';
const name = 'kube-dns';

/** The nameserver of all pods: it knows the names of the outside, not those of Services. Disposing of it takes it away. */
export interface ClusterDns extends AsyncDisposable {
  readonly nameserver: Nameserver;
}

/** Starts a nameserver beside the API server, behind the Service whose address the kubelets give to pods. */
export async function startClusterDns(cluster: Cluster, records: readonly DnsRecord[]): Promise<ClusterDns> {
  const folder = await mkdtemp(`${tmpdir()}/cluster-dns-`);
  await using cleanup = new AsyncDisposableStack();
  cleanup.defer(() => rm(folder, { recursive: true }));
  const nameserver = cleanup.use(await startNameserverOn(cluster.controlPlane, `${folder}/knot`, { records }));
  const input = JSON.stringify({ apiVersion: 'v1', kind: 'List', items: planService() });
  cleanup.defer(async () => void (await cluster.kubectl(['delete', '-f', '-'], { input })));
  await cluster.kubectl(['apply', '-f', '-'], { input });
  const owned = cleanup.move();
  return { nameserver, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

/** A Service without a selector, and where it leads. */
function planService(): object[] {
  const { dnsService, network } = clusterAddresses.ipv4;
  const ports = ['UDP', 'TCP'].map((protocol) => ({ name: protocol.toLowerCase(), protocol, port: 53 }));
  return [
    { apiVersion: 'v1', kind: 'Service', metadata: { namespace, name }, spec: { clusterIP: dnsService, ports } },
    {
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: { namespace, name, labels: { 'kubernetes.io/service-name': name } },
      addressType: 'IPv4',
      endpoints: [{ addresses: [network.controlPlane], conditions: { ready: true } }],
      ports,
    },
  ];
}
