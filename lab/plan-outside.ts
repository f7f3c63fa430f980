import { addresses, type Family, withLength } from './addresses.ts';
import type { LabSettings } from './options.ts';
import { addressLine, type HostPlan, type LabPlan, planHost, scaffoldSysctls, veth } from './plan.ts';

/**
 * Everything beyond the node: the LAN's switch and its other host, the gateway, the transit router and the outside.
 * Pod addresses are routed back, so that a packet that leaks with one arrives and is seen.
 */
export function planOutside({ families, macvlanParent, transitMtu }: LabSettings): LabPlan {
  const hasUplink = macvlanParent === 'dedicated';
  return {
    hosts: [
      planLan(),
      planMachine('lanHost', false, ['eth0'], families.flatMap(lanHostLines)),
      planMachine(
        'gateway',
        true,
        ['lan0', 'transit0', ...(hasUplink ? ['nodes0'] : [])],
        families.flatMap((family) => gatewayLines(family, hasUplink)),
      ),
      planMachine('transit', true, ['gateway0', 'outside0'], families.flatMap(transitLines)),
      planMachine('outside', false, ['eth0'], families.flatMap(outsideLines)),
    ],
    veths: [
      veth(['lan', 'node'], ['node', 'ext0']),
      veth(['lan', 'gateway'], ['gateway', 'lan0']),
      veth(['lan', 'lanhost'], ['lanHost', 'eth0']),
      veth(['gateway', 'transit0'], ['transit', 'gateway0'], transitMtu),
      veth(['transit', 'outside0'], ['outside', 'eth0']),
      ...(hasUplink ? [veth(['gateway', 'nodes0'], ['node', 'uplink0'])] : []),
    ],
    macvlans: [],
  };
}

/** The switch: no addresses, no spanning tree, every frame of a group to every port. */
function planLan(): HostPlan {
  const ports = ['node', 'gateway', 'lanhost'].map((port) => `link set ${port} up master br0`);
  return planHost('lan', {
    sysctls: [['ipv6/conf/default/disable_ipv6', 1]],
    ip: ['link add br0 type bridge forward_delay 0 mcast_snooping 0', 'link set br0 up', ...ports],
  });
}

function planMachine(host: HostPlan['host'], forwards: boolean, ifaces: readonly string[], lines: readonly string[]): HostPlan {
  return planHost(host, { sysctls: scaffoldSysctls(forwards), ip: [...ifaces.map((iface) => `link set ${iface} up`), ...lines] });
}

function lanHostLines(family: Family): string[] {
  const { lan } = addresses[family];
  return [addressLine(withLength(lan.lanHost, lan.prefix), 'eth0'), `route add default via ${lan.gateway}`];
}

function gatewayLines(family: Family, hasUplink: boolean): string[] {
  const { lan, nodeNetwork, transit, cluster } = addresses[family];
  return [
    addressLine(withLength(lan.gateway, lan.prefix), 'lan0'),
    addressLine(withLength(transit.gateway, transit.prefix), 'transit0'),
    `route add default via ${transit.transit}`,
    ...(hasUplink ? [addressLine(withLength(nodeNetwork.gateway, nodeNetwork.prefix), 'nodes0')] : []),
    `route add ${cluster.pods} via ${hasUplink ? nodeNetwork.node : lan.node}`,
  ];
}

function transitLines(family: Family): string[] {
  const { outside, transit } = addresses[family];
  return [
    addressLine(withLength(transit.transit, transit.prefix), 'gateway0'),
    addressLine(withLength(outside.gateway, outside.prefix), 'outside0'),
    `route add default via ${transit.gateway}`,
  ];
}

function outsideLines(family: Family): string[] {
  const { outside } = addresses[family];
  return [
    ...outside.servers.map((address) => addressLine(withLength(address, outside.prefix), 'eth0')),
    `route add default via ${outside.gateway}`,
  ];
}
