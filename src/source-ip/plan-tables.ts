import type { Family } from '../net/ip-address.ts';
import type { Chain, NftMap, Table } from '../nftables/ruleset.ts';
import type { ClusterException } from './plan-policy-rules.ts';
import { icmpErrorMark } from './routing.ts';

/** What a mode adds: the translation of what comes in from the cluster, done by the kernel. */
export interface Translation {
  readonly maps: readonly NftMap[];
  readonly chain: Chain;
}

/** The tables that `planTables` plans. */
export const tableNames = [
  { family: 'inet', name: 'egress_router' },
  { family: 'arp', name: 'egress_router' },
] as const satisfies readonly Pick<Table, 'family' | 'name'>[];

/** What the tables depend on. */
export interface TableInput {
  readonly clusterInterface: string;
  readonly externalInterface: string;
  readonly sourceAddresses: readonly { readonly family: Family; readonly text: string }[];
  readonly exceptions: readonly ClusterException[];
  /** undefined = nothing is forwarded. */
  readonly translation: Translation | undefined;
}

/**
 * The tables `inet egress_router` and `arp egress_router`. Routing decides where packets go; the guards see to it that nothing passes where
 * routing fails: a route or a rule that is gone, the interface down, an entry of connection tracking lost.
 */
export function planTables(input: TableInput): Table[] {
  const { translation } = input;
  const [inet, arp] = tableNames;
  return [
    {
      ...inet,
      maps: translation?.maps ?? [],
      chains: [
        ...(translation === undefined ? [] : [translation.chain]),
        fromSource(input),
        icmpErrors,
        guardForward(input),
        guardInput(input),
        guardOutput(input),
        guardSource(input),
      ],
    },
    { ...arp, maps: [], chains: [guardArp(input)] },
  ];
}

function fromSource({ externalInterface, sourceAddresses }: TableInput): Chain {
  return {
    name: 'from_source',
    type: 'nat',
    hook: 'postrouting',
    priority: 'srcnat',
    policy: 'accept',
    rules: sourceAddresses.map(({ family, text }) => `oifname "${externalInterface}" snat ${nftFamily(family)} to ${text}`),
  };
}

/** ICMP errors about what the server sent, such as "packet too big", must go back to it by the way it came: path MTU discovery needs them. */
const icmpErrors: Chain = {
  name: 'icmp_errors',
  type: 'route',
  hook: 'output',
  priority: 'mangle',
  policy: 'accept',
  rules: [`meta l4proto { icmp, icmpv6 } ct state related ct direction original meta mark set ${icmpErrorMark}`],
};

function guardForward({ clusterInterface, externalInterface, translation }: TableInput): Chain {
  const forwarded = [
    'ct state invalid drop',
    `iifname "${clusterInterface}" oifname "${externalInterface}" ct status dnat accept`,
    `iifname "${externalInterface}" oifname "${clusterInterface}" ct state established,related accept`,
  ];
  return {
    name: 'guard_forward',
    type: 'filter',
    hook: 'forward',
    priority: 'filter',
    policy: 'drop',
    rules: translation === undefined ? [] : forwarded,
  };
}

function guardInput({ externalInterface, sourceAddresses }: TableInput): Chain {
  return {
    name: 'guard_input',
    type: 'filter',
    hook: 'input',
    priority: 'filter',
    policy: 'accept',
    rules: [
      `iifname != "${externalInterface}" accept`,
      // To another address of ours, such as the pod's: the reset would be sent from there, by the cluster's interface.
      dropUnless('ip daddr', addressesOf(sourceAddresses, 'ipv4')),
      dropUnless('ip6 daddr', [...addressesOf(sourceAddresses, 'ipv6'), 'fe80::/10', 'ff00::/8']),
      'ct state invalid drop',
      // It would put routes into table main.
      'icmpv6 type nd-router-advert drop',
      // Before established ones: to connection tracking, the second request of a ping is that.
      'icmp type echo-request limit rate over 10/second drop',
      'icmpv6 type echo-request limit rate over 10/second drop',
      'ct state established,related accept',
      'icmp type echo-request accept',
      // Connection tracking leaves neighbour discovery alone: it is neither new nor established.
      'icmpv6 type { echo-request, nd-neighbor-solicit, nd-neighbor-advert, mld-listener-query } accept',
      'meta l4proto tcp reject with tcp reset',
      'drop',
    ],
  };
}

function guardOutput({ clusterInterface, externalInterface, exceptions, sourceAddresses }: TableInput): Chain {
  return {
    name: 'guard_output',
    type: 'filter',
    hook: 'output',
    priority: 'filter',
    policy: 'accept',
    rules: [
      // They were routed anew; this hook still shows the interface of before. guard_source looks at the real one.
      `meta mark ${icmpErrorMark} accept`,
      // Without its address on the interface, the kernel takes the pod's. Translated, such a connection would open, and could go on by the cluster's interface.
      ...onlyFromSource(externalInterface, sourceAddresses),
      `oifname != "${clusterInterface}" accept`,
      // Only answers. A connection that this pod opened by the external interface must not go on by this one.
      'ct state established,related ct direction reply accept',
      'icmpv6 type { nd-router-solicit, nd-neighbor-solicit, nd-neighbor-advert, mld-listener-report, mld-listener-done, mld2-listener-report } accept',
      ...exceptions.map((exception) => `${formatException(exception)} accept`),
      'reject with icmpx admin-prohibited',
    ],
  };
}

function guardSource({ clusterInterface, externalInterface, sourceAddresses }: TableInput): Chain {
  return {
    name: 'guard_source',
    type: 'filter',
    hook: 'postrouting',
    // After source NAT.
    priority: 'srcnat + 10',
    policy: 'accept',
    rules: [`oifname "${clusterInterface}" meta mark ${icmpErrorMark} drop`, ...onlyFromSource(externalInterface, sourceAddresses)],
  };
}

function onlyFromSource(externalInterface: string, sourceAddresses: TableInput['sourceAddresses']): string[] {
  const outgoing = `oifname "${externalInterface}"`;
  return [
    `${outgoing} ${dropUnless('ip saddr', addressesOf(sourceAddresses, 'ipv4'))}`,
    // Neighbour discovery speaks from link-local and from :: (RFC 4861 4.3).
    `${outgoing} ${dropUnless('ip6 saddr', [...addressesOf(sourceAddresses, 'ipv6'), 'fe80::/10', '::'])}`,
  ];
}

/** Linux answers on every interface for every address that it has, the pod's too (arp_ignore 0 in ip-sysctl). */
function guardArp({ externalInterface, sourceAddresses }: TableInput): Chain {
  const [source] = addressesOf(sourceAddresses, 'ipv4');
  return {
    name: 'guard_arp',
    type: 'filter',
    hook: 'output',
    priority: 'filter',
    policy: 'accept',
    rules: [`oifname "${externalInterface}" ${source === undefined ? 'drop' : `arp saddr ip != ${source} drop`}`],
  };
}

function addressesOf(sources: TableInput['sourceAddresses'], family: Family): string[] {
  return sources.filter((source) => source.family === family).map(({ text }) => text);
}

function nftFamily(family: Family): 'ip' | 'ip6' {
  return family === 'ipv4' ? 'ip' : 'ip6';
}

/** Drops the packets of a family whose field is none of the addresses: all of them where there are none. */
function dropUnless(field: 'ip saddr' | 'ip daddr' | 'ip6 saddr' | 'ip6 daddr', addresses: readonly string[]): string {
  if (addresses.length === 0) return 'meta nfproto ipv4 drop';
  return `${field} != { ${addresses.join(', ')} } drop`;
}

function formatException({ family, destination, port }: ClusterException): string {
  const match = `${nftFamily(family)} daddr ${destination}`;
  return port === undefined ? match : `${match} ${port.protocol} dport ${port.number}`;
}
