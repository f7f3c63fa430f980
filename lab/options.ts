import type { Family } from './addresses.ts';

/** What a lab can vary; everything has a default. */
export interface LabOptions {
  /**
   * `openshift-sdn`: the pod has an address with its subnet's length and a route for each cluster range.
   * `calico`: /32 or /128, and nothing but a default route through a link-local neighbour. Default `openshift-sdn`.
   */
  readonly podNetwork?: PodNetwork;
  /** Default `ipv4`. */
  readonly family?: Family | 'dual';
  /** Reverse-path filter that the router pod inherits: 0 off, 1 strict, 2 loose. Default 0. */
  readonly rpFilter?: 0 | 1 | 2;
  /** Whether the router pod inherits IPv4 forwarding from the node. IPv6 forwarding is never inherited. Default true. */
  readonly ipv4Forwarding?: boolean;
  /** `dedicated`: the node has an interface for the LAN alone. `primary`: its only uplink is on the LAN and carries the pod network too. Default `dedicated`. */
  readonly macvlanParent?: 'dedicated' | 'primary';
  readonly macvlanMode?: 'private' | 'bridge';
  /** `bare`: down and without an address, as OpenShift SDN leaves it. `multus`: up, with the source IP and a default route from IPAM. Default `bare`. */
  readonly macvlanState?: 'bare' | 'multus';
  /** Adds a second router pod on the same node. Default false. */
  readonly otherRouter?: boolean;
  /** MTU of the link between the LAN's gateway and the outside. Default 1500. */
  readonly transitMtu?: number;
}

/** How pods are attached. */
export type PodNetwork = 'openshift-sdn' | 'calico';

/** Options with every default in place. */
export type LabSettings = Required<Omit<LabOptions, 'family'>> & { readonly families: readonly Family[] };

/** Puts the defaults in place. */
export function settle(options: LabOptions): LabSettings {
  const { family = 'ipv4', ...rest } = options;
  return {
    podNetwork: 'openshift-sdn',
    rpFilter: 0,
    ipv4Forwarding: true,
    macvlanParent: 'dedicated',
    macvlanMode: 'private',
    macvlanState: 'bare',
    otherRouter: false,
    transitMtu: 1500,
    ...rest,
    families: family === 'dual' ? ['ipv4', 'ipv6'] : [family],
  };
}
