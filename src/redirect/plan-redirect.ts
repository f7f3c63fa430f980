import type { Fallback, PortRange, RedirectList, RedirectRule } from '../config/router-config.ts';
import { protocols } from '../config/router-config.ts';
import { type Family, families } from '../net/ip-address.ts';
import type { MapElement, NftMap } from '../nftables/ruleset.ts';
import type { Translation } from '../source-ip/plan-tables.ts';

/** What the translation depends on besides the list. */
export interface RedirectInput {
  readonly clusterInterface: string;
  /** TCP ports that we listen on ourselves: never translated, not by a range and not by a fallback. */
  readonly ownPorts: readonly number[];
}

/**
 * Plans the translation of a list: one map look-up for a new connection, whatever the number of rules. A single port wins over a range,
 * a range over the fallback.
 */
export function planRedirect(list: RedirectList, { clusterInterface, ownPorts }: RedirectInput): Translation {
  return {
    maps: families.flatMap((family) => planMaps(list, family)),
    chain: {
      name: 'to_destination',
      type: 'nat',
      hook: 'prerouting',
      // Before the redirection of a service mesh, which sits at dstnat.
      priority: 'dstnat - 10',
      policy: 'accept',
      rules: [
        `iifname != "${clusterInterface}" accept`,
        // Not what is only passing: clients must dial the router.
        'fib daddr type != local accept',
        ...ownPorts.map((port) => `tcp dport ${port} accept`),
        ...families.flatMap(translate),
      ],
    },
  };
}

function planMaps(list: RedirectList, family: Family): NftMap[] {
  const rules = list.rules.filter(({ destination }) => destination.family === family);
  const fallbacks = list.fallbacks.filter(({ destination }) => destination.family === family);
  const address = `${family}_addr`;
  return [
    {
      name: `ports_${family}`,
      key: 'inet_proto . inet_service',
      value: `${address} . inet_service`,
      intervals: false,
      elements: rules.filter(({ ports }) => isOnePort(ports)).map(portElement),
    },
    {
      name: `ranges_${family}`,
      key: 'inet_proto . inet_service',
      value: address,
      intervals: true,
      elements: rules.filter(({ ports }) => !isOnePort(ports)).map(rangeElement),
    },
    { name: `fallback_${family}`, key: 'inet_proto', value: address, intervals: false, elements: fallbacks.flatMap(fallbackElements) },
  ];
}

function translate(family: Family): string[] {
  const dnat = `dnat ${family === 'ipv4' ? 'ip' : 'ip6'} to`;
  return [
    // `th dport`, not `tcp dport`: the latter would add a match for TCP of its own.
    `${dnat} meta l4proto . th dport map @ports_${family}`,
    // A map of intervals needs the protocols said once more (nft 1.0.6).
    `meta l4proto { ${protocols.join(', ')} } ${dnat} meta l4proto . th dport map @ranges_${family}`,
    `${dnat} meta l4proto map @fallback_${family}`,
  ];
}

function isOnePort({ first, last }: PortRange): boolean {
  return first === last;
}

function portElement({ protocol, ports, destination, targetPort }: RedirectRule): MapElement {
  return { key: `${protocol} . ${ports.first}`, value: `${destination.text} . ${targetPort ?? ports.first}` };
}

function rangeElement({ protocol, ports, destination }: RedirectRule): MapElement {
  return { key: `${protocol} . ${ports.first}-${ports.last}`, value: destination.text };
}

function fallbackElements({ destination }: Fallback): MapElement[] {
  return protocols.map((protocol) => ({ key: protocol, value: destination.text }));
}
