import { addresses, type Family, type FamilyAddresses, hostPrefix, withLength } from './addresses.ts';
import type { LabSettings } from './options.ts';
import { addressLine, type HostName, type HostPlan, planHost, scaffoldSysctls } from './plan.ts';

/** A pod and where it hangs. */
export interface Pod {
  readonly host: HostName;
  readonly node: 'node' | 'otherNode';
  /** The node's end of its veth; the pod's end is `eth0`. */
  readonly veth: string;
  readonly address: (plan: FamilyAddresses) => string;
  /** The source IP that its macvlan is for; undefined = an ordinary pod. */
  readonly source?: (plan: FamilyAddresses) => string;
}

/** MAC of the node's end of every veth, as Calico has it: the link-local address below derives from it. */
export const nodeVethMac = 'ee:ee:ee:ee:ee:ee';

/** What a Calico pod has for a gateway: addresses that only the link knows. */
const calicoGateway: Record<Family, string> = { ipv4: '169.254.1.1', ipv6: 'fe80::ecee:eeff:feee:eeee' };

/** The pod's side: what its CNI plugins set up before any container starts. */
export function planPod(settings: LabSettings, pod: Pod): HostPlan {
  const { source } = pod;
  const eth0 = settings.families.flatMap((family) => eth0Lines(settings, pod, family));
  const macvlan0 = source === undefined || settings.macvlanState === 'bare' ? [] : multusLines(settings, source);
  return planHost(pod.host, {
    sysctls: source === undefined ? scaffoldSysctls(false) : routerSysctls(settings),
    nameservers: settings.families.map((family) => addresses[family].service.dns),
    ip: ['link set eth0 up', ...eth0, ...macvlan0],
  });
}

/** A router pod inherits IPv4 settings from the node; its IPv6 settings are the kernel's defaults, duplicate address detection included. */
function routerSysctls({ rpFilter, ipv4Forwarding }: LabSettings): HostPlan['sysctls'] {
  return [
    ['ipv4/ip_forward', Number(ipv4Forwarding)],
    ['ipv6/conf/all/forwarding', 0],
    ['ipv4/conf/all/rp_filter', rpFilter],
    ['ipv4/conf/default/rp_filter', rpFilter],
  ];
}

function eth0Lines({ podNetwork }: LabSettings, pod: Pod, family: Family): string[] {
  const plan = addresses[family];
  const address = pod.address(plan);
  if (podNetwork === 'calico') {
    const gateway = calicoGateway[family];
    return [
      addressLine(hostPrefix(address), 'eth0'),
      ...(family === 'ipv4' ? [`route add ${gateway} dev eth0 scope link`] : []),
      `route add default via ${gateway} dev eth0`,
    ];
  }
  const { prefix, gateway } = subnetOf(pod, family);
  return [
    addressLine(withLength(address, prefix), 'eth0'),
    `route add ${plan.cluster.pods} dev eth0${family === 'ipv6' ? ` via ${gateway}` : ''}`,
    `route add ${plan.cluster.services} via ${gateway} dev eth0`,
    `route add default via ${gateway} dev eth0`,
  ];
}

/** What IPAM of a Multus attachment does: the address, and a route that would carry traffic without any router. */
function multusLines({ families }: LabSettings, source: (plan: FamilyAddresses) => string): string[] {
  return [
    'link set macvlan0 up',
    ...families.flatMap((family) => {
      const plan = addresses[family];
      return [
        `address add ${withLength(source(plan), plan.lan.prefix)} dev macvlan0`,
        `route add ${plan.outside.prefix} via ${plan.lan.gateway} dev macvlan0`,
      ];
    }),
  ];
}

/** The node's side of its pods: lines for `ip -batch`, and sysctls of the veths. `nodeAddress` is the one it dials pods from under Calico. */
export function planPodLinks(
  { podNetwork, families }: LabSettings,
  pods: readonly Pod[],
  nodeAddress: (family: Family) => string,
): Pick<HostPlan, 'ip' | 'interfaceSysctls'> {
  const isSdn = podNetwork === 'openshift-sdn';
  const linesOf = (pod: Pod, family: Family) => [
    ...(isSdn ? sdnGatewayLines(pod, pods, family) : []),
    `route add ${hostPrefix(pod.address(addresses[family]))} dev ${pod.veth} src ${isSdn ? subnetOf(pod, family).gateway : nodeAddress(family)}`,
  ];
  return {
    ip: [...pods.map(({ veth }) => `link set ${veth} up`), ...pods.flatMap((pod) => families.flatMap((family) => linesOf(pod, family)))],
    interfaceSysctls: pods.flatMap(({ veth }) => proxySysctls(veth)),
  };
}

/** What makes the node answer a pod's questions for its gateway and, in IPv6, for the pods that are on-link for it and behind the node in truth. */
function sdnGatewayLines(pod: Pod, pods: readonly Pod[], family: Family): string[] {
  const { gateway } = subnetOf(pod, family);
  // IPv4: an address of any interface is answered for, and proxy ARP covers whatever is routed elsewhere.
  if (family === 'ipv4') return pod === pods[0] ? [addressLine(hostPrefix(gateway), 'lo')] : [];
  // IPv6: only the addresses of the interface that was asked, and only proxies that are listed.
  const others = pods.filter((other) => other !== pod).map((other) => other.address(addresses[family]));
  return [addressLine(hostPrefix(gateway), pod.veth), ...others.map((address) => `neigh add proxy ${address} dev ${pod.veth}`)];
}

function proxySysctls(veth: string): HostPlan['interfaceSysctls'] {
  return [
    [`ipv4/conf/${veth}/proxy_arp`, 1],
    [`ipv6/conf/${veth}/proxy_ndp`, 1],
    // A proxy answers after a random delay of up to 0.8 s unless told otherwise.
    [`ipv4/neigh/${veth}/proxy_delay`, 0],
    [`ipv6/neigh/${veth}/proxy_delay`, 0],
  ];
}

function subnetOf({ node }: Pod, family: Family): { readonly prefix: string; readonly gateway: string } {
  const { subnet, otherSubnet } = addresses[family];
  return node === 'node' ? subnet : otherSubnet;
}
