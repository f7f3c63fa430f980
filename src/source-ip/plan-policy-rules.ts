import type { Cluster } from '../config/router-config.ts';
import { addressBits, type Family, type IpAddress } from '../net/ip-address.ts';
import { formatPrefix, type Prefix } from '../net/prefix.ts';
import type { PolicyRule } from './policy-rule.ts';
import { externalTable, icmpErrorMark, mainTable, priority, protocolNumber } from './routing.ts';

/** What this pod may open by the cluster's interface: everything at the destination, or one port of it. */
export interface ClusterException {
  readonly family: Family;
  /** An address, or `NETWORK/LENGTH`. */
  readonly destination: string;
  readonly port?: { readonly protocol: 'tcp' | 'udp'; readonly number: number };
}

/** The nameservers, the Kubernetes API and the ranges that the user named. */
export function clusterExceptions(cluster: Cluster): ClusterException[] {
  const { nameservers, apiServer, cidrs } = cluster;
  const api = apiServer === undefined ? [] : [onePort(apiServer.address, 'tcp', apiServer.port)];
  return [
    ...nameservers.flatMap((address) => [onePort(address, 'udp', 53), onePort(address, 'tcp', 53)]),
    ...api,
    ...cidrs.map((prefix) => ({ family: prefix.family, destination: formatDestination(prefix) })),
  ];
}

/** What the rules depend on. */
export interface PolicyRuleInput {
  readonly clusterInterface: string;
  readonly families: readonly Family[];
  readonly podAddresses: readonly { readonly family: Family; readonly address: string }[];
  readonly exceptions: readonly ClusterException[];
  readonly sourceAddresses: readonly { readonly family: Family; readonly text: string }[];
}

/**
 * The rules of each family. A family without a source IP has them too: what the pod opens in it meets the unreachable route of the
 * external table instead of the cluster's default route.
 */
export function planPolicyRules(input: PolicyRuleInput): PolicyRule[] {
  return input.families.flatMap((family) => familyRules(input, family));
}

function familyRules(input: PolicyRuleInput, family: Family): PolicyRule[] {
  const own = { family, inputInterface: 'lo' };
  return [
    { family, priority: priority.icmpErrors, mark: icmpErrorMark, table: externalTable },
    // Answers to clients and probes.
    ...input.podAddresses
      .filter((pod) => pod.family === family)
      .map((pod) => ({ ...own, priority: priority.fromPod, from: pod.address, table: mainTable })),
    ...input.exceptions
      .filter((exception) => exception.family === family)
      .map(({ destination, port }) => ({
        ...own,
        priority: priority.toCluster,
        to: destination,
        ...(port === undefined ? {} : { protocol: protocolNumber[port.protocol], destinationPort: port.number }),
        table: mainTable,
      })),
    // ARP and ping, where rp_filter is strict.
    ...input.sourceAddresses
      .filter((source) => source.family === family)
      .map((source) => ({ ...own, priority: priority.fromSource, from: source.text, table: externalTable })),
    ...Object.values(protocolNumber).map((protocol) => ({ ...own, priority: priority.opened, protocol, table: externalTable })),
    { family, priority: priority.redirected, inputInterface: input.clusterInterface, table: externalTable },
  ];
}

function onePort(address: IpAddress, protocol: 'tcp' | 'udp', number: number): ClusterException {
  return { family: address.family, destination: address.text, port: { protocol, number } };
}

/** As ip(8) prints it: without a length for one address. */
function formatDestination(prefix: Prefix): string {
  return prefix.length === addressBits(prefix.family) ? prefix.network.text : formatPrefix(prefix);
}
