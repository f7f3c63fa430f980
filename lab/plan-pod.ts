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
  const { prefix, gateway } = pod.node === 'node' ? plan.subnet : plan.otherSubnet;
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
  const subnetOf = (pod: Pod, family: Family) => (pod.node === 'node' ? addresses[family].subnet : addresses[family].otherSubnet);
  const forPod = (pod: Pod, family: Family, isFirst: boolean): string[] => {
    const { gateway } = subnetOf(pod, family);
    const gatewayLine =
      family === 'ipv6'
        ? // The kernel answers neighbour solicitations only for addresses of the interface that was asked.
          [
            addressLine(hostPrefix(gateway), pod.veth),
            ...proxied(pod, family).map((address) => `neigh add proxy ${address} dev ${pod.veth}`),
          ]
        : isFirst
          ? [addressLine(hostPrefix(gateway), 'lo')]
          : [];
    return [
      ...(isSdn ? gatewayLine : []),
      `route add ${hostPrefix(pod.address(addresses[family]))} dev ${pod.veth} src ${isSdn ? gateway : nodeAddress(family)}`,
    ];
  };
  /** The other pods of the subnet: on-link for the pod, behind the node in truth. */
  const proxied = (pod: Pod, family: Family) => pods.filter((other) => other !== pod).map((other) => other.address(addresses[family]));

  return {
    ip: pods.flatMap((pod, index) => [`link set ${pod.veth} up`, ...families.flatMap((family) => forPod(pod, family, index === 0))]),
    interfaceSysctls: pods.flatMap(({ veth }) => [
      [`ipv4/conf/${veth}/proxy_arp`, 1] as const,
      [`ipv6/conf/${veth}/proxy_ndp`, 1] as const,
      // A proxy answers after a random delay of up to 0.8 s unless told otherwise.
      [`ipv4/neigh/${veth}/proxy_delay`, 0] as const,
      [`ipv6/neigh/${veth}/proxy_delay`, 0] as const,
    ]),
  };
}
