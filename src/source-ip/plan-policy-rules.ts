import type { Cluster } from '../config/router-config.ts';
import { addressBits, type Family, type IpAddress } from '../net/ip-address.ts';
import { formatPrefix, type Prefix } from '../net/prefix.ts';
import { icmpTypes, type PolicyRule } from './policy-rule.ts';
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
  const answers = family === 'ipv4' ? ipv4Answers : ipv6Answers;
  return [
    { family, priority: priority.icmpErrors, mark: icmpErrorMark, table: externalTable },
    // Answers to clients and probes.
    ...input.podAddresses
      .filter((pod) => pod.family === family)
      .flatMap(({ address }) =>
        answers.map((match) => ({ ...own, priority: priority.fromPod, from: address, ...match, table: mainTable })),
      ),
    ...input.exceptions
      .filter((exception) => exception.family === family)
      .map(({ destination, port }) => ({
        ...own,
        priority: priority.toCluster,
        to: destination,
        ...(port === undefined
          ? {}
          : { protocol: protocolNumber[port.protocol], destinationPorts: { first: port.number, last: port.number } }),
        table: mainTable,
      })),
    // ARP and ping, where rp_filter is strict.
    ...input.sourceAddresses
      .filter((source) => source.family === family)
      .map((source) => ({ ...own, priority: priority.fromSource, from: source.text, table: externalTable })),
    ...icmpErrors[family].map((match) => ({ ...own, priority: priority.errorsToClients, ...match, table: mainTable })),
    ...opened[family].map((protocol) => ({ ...own, priority: priority.opened, protocol, table: externalTable })),
    { family, priority: priority.redirected, inputInterface: input.clusterInterface, table: externalTable },
  ];
}

const { icmp, icmpv6, tcp, udp, sctp } = protocolNumber;

/** Not everything: the kernel routes anew what it translated, an error to a client say, and names no protocol then (net/ipv6/netfilter.c). */
const opened: Readonly<Record<Family, readonly number[]>> = { ipv4: [icmp, tcp, udp, sctp], ipv6: [icmpv6, tcp, udp, sctp] };

type Match = Pick<PolicyRule, 'protocol' | 'sourcePorts' | 'destinationPorts'>;

/** Everything: also the reverse-path check of a request, in which an ARP request has no protocol. */
const ipv4Answers: readonly Match[] = [{}];

/**
 * An IPv6 look-up that fails is tried again with an address of another interface (net/ipv6/ip6_output.c, ip6_dst_lookup_tail), the pod's: so an
 * address alone is no sign of an answer. A socket of TCP that connects has no port yet at that time; one of UDP or SCTP has one from where
 * ip_local_port_range begins.
 */
const ipv6Answers: readonly Match[] = [
  { protocol: tcp, sourcePorts: { first: 1, last: 65534 } },
  { protocol: udp, sourcePorts: { first: 1, last: 32767 } },
  { protocol: sctp, sourcePorts: { first: 1, last: 32767 } },
  // Echo reply.
  { protocol: icmpv6, destinationPorts: icmpTypes(129, 129) },
];

/** Errors about what a client sent, such as "packet too big". The kernel looks up their way before they have an address (RFC 792; RFC 4443 2.1). */
const icmpErrors: Readonly<Record<Family, readonly Match[]>> = {
  ipv4: [
    { protocol: icmp, destinationPorts: icmpTypes(3, 5) },
    { protocol: icmp, destinationPorts: icmpTypes(11, 12) },
  ],
  ipv6: [{ protocol: icmpv6, destinationPorts: icmpTypes(1, 127) }],
};

function onePort(address: IpAddress, protocol: 'tcp' | 'udp', number: number): ClusterException {
  return { family: address.family, destination: address.text, port: { protocol, number } };
}

/** As ip(8) prints it: without a length for one address. */
function formatDestination(prefix: Prefix): string {
  return prefix.length === addressBits(prefix.family) ? prefix.network.text : formatPrefix(prefix);
}
