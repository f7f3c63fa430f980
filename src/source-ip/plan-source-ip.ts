import type { RouterConfig, SourceIp } from '../config/router-config.ts';
import { addressBits, type Family, families } from '../net/ip-address.ts';
import { formatPrefix, prefixContains, prefixOf } from '../net/prefix.ts';
import { clusterExceptions, planPolicyRules } from './plan-policy-rules.ts';
import { planTables, type Translation } from './plan-tables.ts';
import { defaultMetric, type Route } from './route.ts';
import { externalTable, unreachableMetric } from './routing.ts';
import type { Step } from './step.ts';
import type { Sysctl } from './sysctl.ts';

/** How the source IP is claimed: steps in the order in which they are safe. */
export interface SourceIpPlan {
  readonly steps: readonly Step[];
}

/** What only the pod itself knows. */
export interface PodNetwork {
  /** Families that the kernel has. */
  readonly families: readonly Family[];
  /** Addresses of the cluster's interface, link-local ones left out. */
  readonly podAddresses: readonly { readonly family: Family; readonly address: string }[];
}

/** Stands for the pod's network where there is none: in printed plans. */
export const unknownPodNetwork: PodNetwork = {
  families,
  podAddresses: families.map((family) => ({ family, address: family === 'ipv4' ? 'POD_IP' : 'POD_IP6' })),
};

/**
 * Plans everything that `setup` does, from nothing but its arguments. The order is the point: until the guards, the unreachable routes and
 * the policy rules are there, the source IP is not; and what is there stays when a later step fails.
 * @param translation what the mode translates in the kernel; undefined where a proxy carries the traffic and nothing is forwarded
 */
export function planSourceIp(config: RouterConfig, pod: PodNetwork, translation: Translation | undefined): SourceIpPlan {
  const { clusterInterface, externalInterface, duplicateCheck, duplicateCheckTimeout } = config.settings;
  const sourceAddresses = config.sourceIps.map(({ address }) => address);
  const exceptions = clusterExceptions(config.cluster);
  const input = {
    clusterInterface,
    externalInterface,
    sourceAddresses,
    exceptions,
    translation,
    families: pod.families,
    podAddresses: pod.podAddresses,
  };
  const device = externalInterface;
  return {
    steps: [
      { step: 'interfaces', interfaces: [clusterInterface, externalInterface] },
      { step: 'unreachable-routes', routes: pod.families.map(unreachableRoute) },
      { step: 'tables', tables: planTables(input) },
      { step: 'policy-rules', rules: planPolicyRules(input) },
      { step: 'sysctls', sysctls: planSysctls(config, translation !== undefined) },
      { step: 'link', device },
      { step: 'strays', families: pod.families, device, addresses: sourceAddresses },
      ...config.sourceIps.flatMap(({ family, address }): Step[] => [
        ...(family === 'ipv4' && duplicateCheck === 'on'
          ? [{ step: 'duplicate-check' as const, device, address, timeout: duplicateCheckTimeout }]
          : []),
        { step: 'address', device, address, duplicateCheck, timeout: duplicateCheckTimeout },
      ]),
      { step: 'routes', families: pod.families, routes: config.sourceIps.flatMap((source) => gatewayRoutes(source, device)) },
      ...config.sourceIps.map(({ address, gateway }): Step => ({ step: 'announce', device, address, gateway })),
    ],
  };
}

/** The route that refuses whatever the family's external table leads nowhere else. */
export function unreachableRoute(family: Family): Route {
  return {
    family,
    table: externalTable,
    type: 'unreachable',
    destination: 'default',
    gateway: undefined,
    device: undefined,
    source: undefined,
    metric: unreachableMetric,
  };
}

/** On-link is the prefix, where a length was given, and the gateway, which need not lie in it. */
function gatewayRoutes({ family, address, prefixLength, gateway }: SourceIp, device: string): Route[] {
  const route = { family, table: externalTable, type: 'unicast', device, source: address.text, metric: defaultMetric(family) } as const;
  const prefix = prefixLength === undefined || prefixLength === addressBits(family) ? undefined : prefixOf(address, prefixLength);
  const onLink = [
    ...(prefix === undefined ? [] : [formatPrefix(prefix)]),
    ...(prefix !== undefined && prefixContains(prefix, gateway) ? [] : [gateway.text]),
  ];
  return [
    ...onLink.map((destination) => ({ ...route, destination, gateway: undefined })),
    { ...route, destination: 'default', gateway: gateway.text },
  ];
}

function planSysctls({ sourceIps, settings }: RouterConfig, forwards: boolean): Sysctl[] {
  const device = settings.externalInterface;
  const has = (family: Family) => sourceIps.some((source) => source.family === family);
  const optional = { whenRefused: 'go-on' } as const;
  const forwarding = { value: '1', whenRefused: 'FORWARDING_OFF' } as const;
  return [
    ...(forwards && has('ipv4') ? [{ path: 'net/ipv4/ip_forward', ...forwarding }] : []),
    ...(forwards && has('ipv6') ? [{ path: 'net/ipv6/conf/all/forwarding', ...forwarding }] : []),
    ...(has('ipv6') ? [{ path: `net/ipv6/conf/${device}/disable_ipv6`, value: '0', whenRefused: 'KERNEL_REFUSED' as const }] : []),
    // Router advertisements put addresses that are not ours on the interface, and routes into table main. The guards drop them besides.
    { path: `net/ipv6/conf/${device}/accept_ra`, value: '0', ...optional },
    { path: `net/ipv6/conf/${device}/autoconf`, value: '0', ...optional },
    // The kernel announces an address when it becomes usable.
    { path: `net/ipv6/conf/${device}/ndisc_notify`, value: '1', ...optional },
    // The main container may then listen on port 80 without a capability.
    { path: 'net/ipv4/ip_unprivileged_port_start', value: '0', ...optional },
  ];
}
