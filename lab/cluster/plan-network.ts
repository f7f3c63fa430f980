import { addresses, type Family, withLength } from '../addresses.ts';
import { addressLine, type HostPlan, type LabPlan, planHost, scaffoldSysctls, veth } from '../plan.ts';
import { clusterAddresses, clusterFamilies, type MachineName, type NodeName, nodeNames } from './addresses.ts';

/** The cluster's networks, with the LAN and the outside beside it, as data. Pure. */
export function planNetwork(): LabPlan<MachineName> {
  return {
    hosts: [
      planControlPlane(),
      ...nodeNames.map(planNode),
      planLan(),
      planMachine('gateway', ['lan0', 'outside0'], clusterFamilies.flatMap(gatewayLines)),
      planMachine('outside', ['eth0'], clusterFamilies.flatMap(outsideLines)),
      planMachine(
        'neighbour1',
        ['eth0'],
        clusterFamilies.flatMap((family) => neighbourLines(family, 0)),
      ),
      planMachine(
        'neighbour2',
        ['eth0'],
        clusterFamilies.flatMap((family) => neighbourLines(family, 1)),
      ),
    ],
    veths: [
      ...nodeNames.flatMap((node) => [
        veth<MachineName>(['controlPlane', node], [node, 'eth0']),
        veth<MachineName>(['lan', node], [node, 'eth1']),
      ]),
      veth<MachineName>(['lan', 'gateway'], ['gateway', 'lan0']),
      veth<MachineName>(['lan', 'neighbour1'], ['neighbour1', 'eth0']),
      veth<MachineName>(['lan', 'neighbour2'], ['neighbour2', 'eth0']),
      veth<MachineName>(['gateway', 'outside0'], ['outside', 'eth0']),
    ],
    macvlans: [],
  };
}

/** What a node's kernel translates besides kube-proxy: pods that leave the cluster do so with the node's address on the LAN. */
export function nodeMasquerade(): string {
  const rules = clusterFamilies.map((family) => {
    const word = family === 'ipv4' ? 'ip' : 'ip6';
    const { pods, network } = clusterAddresses[family];
    return `oifname eth1 ${word} saddr ${pods} ${word} daddr != { ${pods}, ${network.prefix} } masquerade`;
  });
  return `table inet node {\n  chain postrouting {\n    type nat hook postrouting priority srcnat\n    ${rules.join('\n    ')}\n  }\n}`;
}

/** The switch of the cluster's network: a bridge with an address, since the API server is here too. Pods are routed, for webhooks and `kubectl proxy`. */
function planControlPlane(): HostPlan<MachineName> {
  const lines = clusterFamilies.flatMap((family) => {
    const { network, nodes } = clusterAddresses[family];
    return [
      addressLine(withLength(network.controlPlane, network.prefix), 'cluster'),
      ...nodeNames.map((node) => `route add ${nodes[node].pods} via ${nodes[node].cluster}`),
    ];
  });
  return planHost<MachineName>('controlPlane', { sysctls: scaffoldSysctls(true), ip: [...bridgeLines('cluster', nodeNames), ...lines] });
}

function planNode(node: NodeName): HostPlan<MachineName> {
  const lines = clusterFamilies.flatMap((family) => {
    const { network, nodes } = clusterAddresses[family];
    const { lan } = addresses[family];
    return [
      addressLine(withLength(nodes[node].cluster, network.prefix), 'eth0'),
      addressLine(withLength(nodes[node].lan, lan.prefix), 'eth1'),
      `route add default via ${lan.gateway} dev eth1`,
      ...nodeNames.filter((other) => other !== node).map((other) => `route add ${nodes[other].pods} via ${nodes[other].cluster}`),
    ];
  });
  return planMachine(node, ['eth0', 'eth1'], lines, nodeMasquerade());
}

/** The switch: no addresses, no spanning tree, every frame of a group to every port; and a second LAN where nobody is. */
function planLan(): HostPlan<MachineName> {
  return planHost<MachineName>('lan', {
    sysctls: [['ipv6/conf/default/disable_ipv6', 1]],
    ip: [...bridgeLines('lan', [...nodeNames, 'gateway', 'neighbour1', 'neighbour2']), ...bridgeLines('elsewhere', [])],
  });
}

function bridgeLines(bridge: string, ports: readonly string[]): string[] {
  return [
    `link add ${bridge} type bridge forward_delay 0 mcast_snooping 0`,
    `link set ${bridge} up`,
    ...ports.map((port) => `link set ${port} up master ${bridge}`),
  ];
}

function planMachine(host: MachineName, ifaces: readonly string[], lines: readonly string[], nft = ''): HostPlan<MachineName> {
  return planHost<MachineName>(host, {
    sysctls: scaffoldSysctls(true),
    ip: [...ifaces.map((iface) => `link set ${iface} up`), ...lines],
    nft,
  });
}

function gatewayLines(family: Family): string[] {
  const { lan, outside } = addresses[family];
  const { nodes } = clusterAddresses[family];
  return [
    addressLine(withLength(lan.gateway, lan.prefix), 'lan0'),
    addressLine(withLength(outside.gateway, outside.prefix), 'outside0'),
    // A packet that leaks with a pod's address is answered, so that the leak is complete.
    ...nodeNames.map((node) => `route add ${nodes[node].pods} via ${nodes[node].lan}`),
  ];
}

function outsideLines(family: Family): string[] {
  const { outside } = addresses[family];
  return [
    ...clusterAddresses[family].outside.map((address) => addressLine(withLength(address, outside.prefix), 'eth0')),
    `route add default via ${outside.gateway}`,
  ];
}

function neighbourLines(family: Family, place: 0 | 1): string[] {
  const { lan } = addresses[family];
  return [addressLine(withLength(clusterAddresses[family].neighbours[place], lan.prefix), 'eth0'), `route add default via ${lan.gateway}`];
}
