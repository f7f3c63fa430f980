/** The machines of a lab. */
export const hostNames = [
  'router',
  'otherRouter',
  'client',
  'otherClient',
  'dns',
  'api',
  'node',
  'otherNode',
  'lan',
  'lanHost',
  'gateway',
  'transit',
  'outside',
] as const;

/** A machine of a lab. */
export type HostName = (typeof hostNames)[number];

/** One end of a veth pair. The types of a plan have the names of its machines as a parameter: by default those of a lab. */
export interface VethEnd<Name extends string = HostName> {
  readonly host: Name;
  readonly name: string;
  /** Default: the kernel's choice. */
  readonly mac?: string;
}

/** A veth pair. */
export interface VethPlan<Name extends string = HostName> {
  readonly ends: readonly [VethEnd<Name>, VethEnd<Name>];
  readonly mtu: number;
}

/** A macvlan interface, made in the parent's namespace and handed to another host, as a CNI plugin does. */
export interface MacvlanPlan<Name extends string = HostName> {
  readonly parentHost: Name;
  readonly parent: string;
  readonly mode: 'private' | 'bridge';
  readonly host: Name;
  readonly name: string;
}

/** What is set in one host. */
export interface HostPlan<Name extends string = HostName> {
  readonly host: Name;
  /** Below /proc/sys/net; set before any interface exists. */
  readonly sysctls: readonly (readonly [path: string, value: string | number])[];
  readonly nameservers: readonly string[];
  /** Lines for `ip -batch`, once every interface is there. */
  readonly ip: readonly string[];
  /** Below /proc/sys/net; set after `ip`. */
  readonly interfaceSysctls: readonly (readonly [path: string, value: string | number])[];
  /** Text for `nft -f`; empty = nothing. */
  readonly nft: string;
}

/** A whole network as data. */
export interface LabPlan<Name extends string = HostName> {
  readonly hosts: readonly HostPlan<Name>[];
  readonly veths: readonly VethPlan<Name>[];
  readonly macvlans: readonly MacvlanPlan<Name>[];
}

/** A veth pair between two ends, `mtu` bytes. */
export function veth<Name extends string = HostName>(left: VethWords<Name>, right: VethWords<Name>, mtu = 1500): VethPlan<Name> {
  return { ends: [vethEnd(left), vethEnd(right)], mtu };
}

type VethWords<Name extends string> = readonly [host: Name, name: string, mac?: string];

function vethEnd<Name extends string>([host, name, mac]: VethWords<Name>): VethEnd<Name> {
  return mac === undefined ? { host, name } : { host, name, mac };
}

/** A host's plan, with everything left out empty. */
export function planHost<Name extends string = HostName>(host: Name, parts: Partial<Omit<HostPlan, 'host'>>): HostPlan<Name> {
  return { host, sysctls: [], nameservers: [], ip: [], interfaceSysctls: [], nft: '', ...parts };
}

/** Sysctls of a machine that only serves the test: addresses at once, no redirects; forwarding where it is a router. */
export function scaffoldSysctls(forwards: boolean): HostPlan['sysctls'] {
  return [
    ['ipv4/ip_forward', Number(forwards)],
    ['ipv6/conf/all/forwarding', Number(forwards)],
    ...['all', 'default'].flatMap((scope) => [
      [`ipv4/conf/${scope}/rp_filter`, 0] as const,
      [`ipv4/conf/${scope}/send_redirects`, 0] as const,
      [`ipv6/conf/${scope}/accept_dad`, 0] as const,
      [`ipv6/conf/${scope}/accept_ra`, 0] as const,
    ]),
  ];
}

/**
 * The line that adds an address (with its length), usable at once. IPv6: without duplicate address detection, which takes a second and
 * until whose end the kernel refuses the address as a route's source.
 */
export function addressLine(addressWithLength: string, dev: string): string {
  return `address add ${addressWithLength} dev ${dev}${addressWithLength.includes(':') ? ' nodad' : ''}`;
}
