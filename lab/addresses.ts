/** An address family of the lab. */
export type Family = 'ipv4' | 'ipv6';

/** The addresses of one pod subnet: what one Kubernetes node hands out. */
interface PodSubnet {
  readonly prefix: string;
  /** The node's own address in it. */
  readonly gateway: string;
  readonly client: string;
}

/** Every address of the lab in one family. Prefixes carry their length, addresses do not. */
export interface FamilyAddresses {
  /** The network that holds the source IP. `node` is used only when the node's primary interface is on it. */
  readonly lan: {
    readonly prefix: string;
    readonly gateway: string;
    readonly node: string;
    readonly lanHost: string;
    readonly source: string;
    readonly otherSource: string;
  };
  /** The network of the node's own uplink, when the LAN has an interface to itself. */
  readonly nodeNetwork: { readonly prefix: string; readonly gateway: string; readonly node: string };
  /** The link between the gateway and the transit router: the one that can be given a small MTU. */
  readonly transit: { readonly prefix: string; readonly gateway: string; readonly transit: string };
  /** Where the destinations are. */
  readonly outside: { readonly prefix: string; readonly gateway: string; readonly servers: readonly [string, string] };
  /** All pods, and all Services. */
  readonly cluster: { readonly pods: string; readonly services: string };
  readonly subnet: PodSubnet & { readonly router: string; readonly otherRouter: string };
  readonly otherSubnet: PodSubnet & { readonly dns: string; readonly api: string };
  /** The link between the two nodes: stands for the overlay tunnel. */
  readonly overlay: { readonly prefix: string; readonly node: string; readonly otherNode: string };
  /** Service addresses; the nodes translate them. */
  readonly service: { readonly api: string; readonly dns: string; readonly router: string };
}

/** The address plan of the lab; IPv4 as in OKD's page, IPv6 alike. */
export const addresses: Readonly<Record<Family, FamilyAddresses>> = {
  ipv4: {
    lan: {
      prefix: '192.168.12.0/24',
      gateway: '192.168.12.1',
      node: '192.168.12.10',
      lanHost: '192.168.12.50',
      source: '192.168.12.99',
      otherSource: '192.168.12.98',
    },
    nodeNetwork: { prefix: '192.168.111.0/24', gateway: '192.168.111.1', node: '192.168.111.10' },
    transit: { prefix: '198.51.100.0/24', gateway: '198.51.100.1', transit: '198.51.100.2' },
    outside: { prefix: '203.0.113.0/24', gateway: '203.0.113.1', servers: ['203.0.113.25', '203.0.113.26'] },
    cluster: { pods: '10.128.0.0/14', services: '172.30.0.0/16' },
    subnet: {
      prefix: '10.128.0.0/23',
      gateway: '10.128.0.1',
      router: '10.128.0.10',
      otherRouter: '10.128.0.11',
      client: '10.128.0.20',
    },
    otherSubnet: {
      prefix: '10.129.2.0/23',
      gateway: '10.129.2.1',
      client: '10.129.2.20',
      dns: '10.129.2.30',
      api: '10.129.2.31',
    },
    overlay: { prefix: '100.64.0.0/24', node: '100.64.0.1', otherNode: '100.64.0.2' },
    service: { api: '172.30.0.1', dns: '172.30.0.10', router: '172.30.0.50' },
  },
  ipv6: {
    lan: {
      prefix: '2001:db8:12::/64',
      gateway: '2001:db8:12::1',
      node: '2001:db8:12::10',
      lanHost: '2001:db8:12::50',
      source: '2001:db8:12::99',
      otherSource: '2001:db8:12::98',
    },
    nodeNetwork: { prefix: '2001:db8:111::/64', gateway: '2001:db8:111::1', node: '2001:db8:111::10' },
    transit: { prefix: '2001:db8:ffff::/64', gateway: '2001:db8:ffff::1', transit: '2001:db8:ffff::2' },
    outside: {
      prefix: '2001:db8:cafe::/64',
      gateway: '2001:db8:cafe::1',
      servers: ['2001:db8:cafe::25', '2001:db8:cafe::26'],
    },
    cluster: { pods: 'fd01::/48', services: 'fd02::/112' },
    subnet: {
      prefix: 'fd01:0:0:1::/64',
      gateway: 'fd01:0:0:1::1',
      router: 'fd01:0:0:1::10',
      otherRouter: 'fd01:0:0:1::11',
      client: 'fd01:0:0:1::20',
    },
    otherSubnet: {
      prefix: 'fd01:0:0:2::/64',
      gateway: 'fd01:0:0:2::1',
      client: 'fd01:0:0:2::20',
      dns: 'fd01:0:0:2::30',
      api: 'fd01:0:0:2::31',
    },
    overlay: { prefix: 'fd98::/64', node: 'fd98::1', otherNode: 'fd98::2' },
    service: { api: 'fd02::1', dns: 'fd02::a', router: 'fd02::50' },
  },
};

/** `address/length` with the length of `prefix`: what `ip address add` wants. */
export function withLength(address: string, prefix: string): string {
  return `${address}/${prefix.split('/')[1]}`;
}

/** `address/32` or `address/128`. */
export function hostPrefix(address: string): string {
  return `${address}/${address.includes(':') ? 128 : 32}`;
}
