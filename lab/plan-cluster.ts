import { addresses, type Family, withLength } from './addresses.ts';
import { nodeRuleset, type Service } from './node-ruleset.ts';
import type { LabSettings } from './options.ts';
import { addressLine, type LabPlan, planHost, scaffoldSysctls, veth } from './plan.ts';
import { nodeVethMac, type Pod, planPod, planPodLinks } from './plan-pod.ts';

/** What overlay networks leave of 1500. */
const overlayMtu = 1450;

/** The port that the Kubernetes API's pod listens on, behind port 443 of its Service. */
export const apiPort = 6443;

/** The node's interface that its own traffic, and its pods', leaves by. */
export function uplinkOf({ macvlanParent }: LabSettings): 'ext0' | 'uplink0' {
  return macvlanParent === 'primary' ? 'ext0' : 'uplink0';
}

/** The node's own address: what the outside sees of a pod that does not go through a router. */
export function nodeAddressOf({ macvlanParent }: LabSettings, family: Family): string {
  const { lan, nodeNetwork } = addresses[family];
  return macvlanParent === 'primary' ? lan.node : nodeNetwork.node;
}

/** Both nodes and their pods. Each pod hangs on a veth of its own, and its node routes between them. */
export function planCluster(settings: LabSettings): LabPlan {
  const { families, macvlanMode } = settings;
  const pods = podsOf(settings);
  const uplink = uplinkOf(settings);
  const services = clusterServices(families);
  const nodeLinks = planPodLinks(settings, onNode(pods, 'node'), (family) => nodeAddressOf(settings, family));
  const otherNodeLinks = planPodLinks(settings, onNode(pods, 'otherNode'), (family) => addresses[family].overlay.otherNode);

  const node = planHost('node', {
    sysctls: scaffoldSysctls(true),
    ip: [
      'link set ext0 up',
      `link set ${uplink} up`,
      'link set overlay0 up',
      ...families.flatMap((family) => nodeLines(settings, family)),
      ...nodeLinks.ip,
    ],
    interfaceSysctls: nodeLinks.interfaceSysctls,
    nft: nodeRuleset(uplink, services),
  });
  const otherNode = planHost('otherNode', {
    sysctls: scaffoldSysctls(true),
    ip: ['link set overlay0 up', ...families.flatMap(otherNodeLines), ...otherNodeLinks.ip],
    interfaceSysctls: otherNodeLinks.interfaceSysctls,
    nft: nodeRuleset(undefined, services),
  });

  return {
    hosts: [node, otherNode, ...pods.map((pod) => planPod(settings, pod))],
    veths: [
      veth(['node', 'overlay0'], ['otherNode', 'overlay0'], overlayMtu),
      ...pods.map((pod) => veth([pod.node, pod.veth, nodeVethMac], [pod.host, 'eth0'], overlayMtu)),
    ],
    macvlans: pods
      .filter((pod) => pod.source !== undefined)
      .map(({ host }) => ({ parentHost: 'node', parent: 'ext0', mode: macvlanMode, host, name: 'macvlan0' })),
  };
}

function nodeLines(settings: LabSettings, family: Family): string[] {
  const { lan, nodeNetwork, overlay, otherSubnet } = addresses[family];
  const { prefix, gateway } = settings.macvlanParent === 'primary' ? lan : nodeNetwork;
  const address = nodeAddressOf(settings, family);
  return [
    addressLine(withLength(address, prefix), uplinkOf(settings)),
    addressLine(withLength(overlay.node, overlay.prefix), 'overlay0'),
    `route add default via ${gateway}`,
    `route add ${otherSubnet.prefix} via ${overlay.otherNode} src ${address}`,
  ];
}

function otherNodeLines(family: Family): string[] {
  const { overlay } = addresses[family];
  return [addressLine(withLength(overlay.otherNode, overlay.prefix), 'overlay0'), `route add default via ${overlay.node}`];
}

function clusterServices(families: readonly Family[]): Service[] {
  return families.flatMap((family) => {
    const { service, otherSubnet } = addresses[family];
    const dns = { address: service.dns, port: 53, target: { address: otherSubnet.dns, port: 53 } };
    return [
      { protocol: 'tcp' as const, ...dns },
      { protocol: 'udp' as const, ...dns },
      { protocol: 'tcp' as const, address: service.api, port: 443, target: { address: otherSubnet.api, port: apiPort } },
    ];
  });
}

function podsOf({ otherRouter }: LabSettings): Pod[] {
  const router: Pod = {
    host: 'router',
    node: 'node',
    veth: 'veth-router',
    address: (plan) => plan.subnet.router,
    source: (plan) => plan.lan.source,
  };
  const second: Pod = {
    host: 'otherRouter',
    node: 'node',
    veth: 'veth-router2',
    address: (plan) => plan.subnet.otherRouter,
    source: (plan) => plan.lan.otherSource,
  };
  return [
    router,
    ...(otherRouter ? [second] : []),
    { host: 'client', node: 'node', veth: 'veth-client', address: (plan) => plan.subnet.client },
    { host: 'otherClient', node: 'otherNode', veth: 'veth-client', address: (plan) => plan.otherSubnet.client },
    { host: 'dns', node: 'otherNode', veth: 'veth-dns', address: (plan) => plan.otherSubnet.dns },
    { host: 'api', node: 'otherNode', veth: 'veth-api', address: (plan) => plan.otherSubnet.api },
  ];
}

function onNode(pods: readonly Pod[], node: Pod['node']): Pod[] {
  return pods.filter((pod) => pod.node === node);
}
