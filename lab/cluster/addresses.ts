import { addresses, type Family } from '../addresses.ts';

/** The names of the cluster's machines. */
export const machineNames = ['controlPlane', 'node1', 'node2', 'lan', 'gateway', 'outside', 'neighbour1', 'neighbour2'] as const;

/** A machine of the cluster or beside it. */
export type MachineName = (typeof machineNames)[number];

/** The nodes, in order. */
export const nodeNames = ['node1', 'node2'] as const;

/** A node's name, in Kubernetes too. */
export type NodeName = (typeof nodeNames)[number];

/** A node's addresses of one family. */
export interface NodeAddresses {
  /** On the cluster's network. */
  readonly cluster: string;
  readonly lan: string;
  /** The prefix that its pods get addresses of. */
  readonly pods: string;
}

/** What a cluster has of one family, beside the LAN and the outside of lab/addresses.ts. */
export interface ClusterAddresses {
  readonly network: { readonly prefix: string; readonly controlPlane: string };
  readonly nodes: Readonly<Record<NodeName, NodeAddresses>>;
  readonly neighbours: readonly [string, string];
  readonly outside: readonly string[];
  readonly pods: string;
  readonly services: string;
  /** The first of `services`: Kubernetes gives it to its own API. */
  readonly apiService: string;
  /** The nameserver that every pod is told of. */
  readonly dnsService: string;
  /** Where everything is that has no nearer route. */
  readonly anywhere: string;
}

/** The address plan of the cluster. */
export const clusterAddresses: Readonly<Record<Family, ClusterAddresses>> = {
  ipv4: {
    network: { prefix: '10.250.0.0/24', controlPlane: '10.250.0.1' },
    nodes: {
      node1: { cluster: '10.250.0.11', lan: '192.168.12.11', pods: '10.244.1.0/24' },
      node2: { cluster: '10.250.0.12', lan: '192.168.12.12', pods: '10.244.2.0/24' },
    },
    neighbours: ['192.168.12.51', '192.168.12.52'],
    outside: [...addresses.ipv4.outside.servers, '203.0.113.27', '203.0.113.28'],
    pods: '10.244.0.0/16',
    services: '10.96.0.0/16',
    apiService: '10.96.0.1',
    dnsService: '10.96.0.10',
    anywhere: '0.0.0.0/0',
  },
  ipv6: {
    network: { prefix: 'fd50::/64', controlPlane: 'fd50::1' },
    nodes: {
      node1: { cluster: 'fd50::11', lan: '2001:db8:12::11', pods: 'fd44:0:0:1::/64' },
      node2: { cluster: 'fd50::12', lan: '2001:db8:12::12', pods: 'fd44:0:0:2::/64' },
    },
    neighbours: ['2001:db8:12::51', '2001:db8:12::52'],
    outside: [...addresses.ipv6.outside.servers, '2001:db8:cafe::27', '2001:db8:cafe::28'],
    pods: 'fd44::/48',
    services: 'fd96::/112',
    apiService: 'fd96::1',
    dnsService: 'fd96::a',
    anywhere: '::/0',
  },
};

/** Both families, the primary one first. */
export const clusterFamilies = ['ipv4', 'ipv6'] as const satisfies readonly Family[];

/** One member of both families' plans, the primary one first: for options that take a list. */
export function bothFamilies(pick: (plan: ClusterAddresses) => string): string {
  return clusterFamilies.map((family) => pick(clusterAddresses[family])).join(',');
}
