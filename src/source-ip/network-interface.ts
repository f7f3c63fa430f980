import type { Family } from '../net/ip-address.ts';
import type { Run } from '../net/run.ts';
import { RouterError } from '../router-error.ts';
import { familyOption } from './routing.ts';
import { runCommand } from './run-command.ts';

/** An interface with its addresses, as the kernel has it. */
export interface NetworkInterface {
  readonly name: string;
  readonly up: boolean;
  readonly addresses: readonly InterfaceAddress[];
}

/** One address of an interface. */
export interface InterfaceAddress {
  readonly family: Family;
  readonly address: string;
  readonly prefixLength: number;
  readonly scope: string;
  /** IPv6: not usable yet, since duplicate detection is under way or failed. */
  readonly tentative: boolean;
  /** IPv6: somebody else has it. */
  readonly duplicate: boolean;
  /** Whether the kernel made no route to its prefix. */
  readonly withoutPrefixRoute: boolean;
}

/** All interfaces. Needs no privileges. @throws RouterError */
export async function readInterfaces(run: Run): Promise<NetworkInterface[]> {
  return parseInterfaces(await runCommand(run, ['ip', '-j', 'address', 'show']));
}

/**
 * One interface.
 * @throws RouterError INTERFACE_MISSING, with what makes it and what is there instead
 */
export async function readInterface(run: Run, name: string): Promise<NetworkInterface> {
  return findInterface(await readInterfaces(run), name);
}

/** The interface of that name. @throws RouterError INTERFACE_MISSING */
export function findInterface(interfaces: readonly NetworkInterface[], name: string): NetworkInterface {
  const found = interfaces.find((candidate) => candidate.name === name);
  if (found !== undefined) return found;
  const others = interfaces.map((other) => [other.name, ...other.addresses.map(({ address }) => address)].join(' '));
  throw new RouterError(
    'INTERFACE_MISSING',
    `there is no interface '${name}'; there are: ${others.join(', ')}`,
    `Multus makes it for a macvlan attachment and the pod annotation k8s.v1.cni.cncf.io/networks: <attachment>@${name}; ` +
      'OpenShift SDN makes macvlan0 for pod.network.openshift.io/assign-macvlan: "true" and a privileged container. ' +
      'Interfaces of other names are set with EGRESS_EXTERNAL_INTERFACE and EGRESS_CLUSTER_INTERFACE',
  );
}

/** Parses what `ip -j address show` prints. */
export function parseInterfaces(json: string): NetworkInterface[] {
  return (JSON.parse(json || '[]') as readonly ListedInterface[]).filter(isPresent).map((listed) => ({
    name: listed.ifname,
    up: listed.flags.includes('UP'),
    addresses: (listed.addr_info ?? []).filter(isPresent).map((info) => ({
      family: info.family === 'inet' ? 'ipv4' : 'ipv6',
      address: info.local,
      prefixLength: info.prefixlen,
      scope: info.scope,
      tentative: info.tentative === true,
      duplicate: info.dadfailed === true,
      withoutPrefixRoute: info.noprefixroute === true,
    })),
  }));
}

/** The command that adds an address without a route to its prefix, or removes it. */
export function addressCommand(
  verb: 'add' | 'del',
  family: Family,
  address: string,
  device: string,
  ...flags: readonly string[]
): string[] {
  return ['ip', familyOption(family), 'address', verb, address, 'dev', device, ...flags];
}

interface ListedInterface {
  readonly ifname: string;
  readonly flags: readonly string[];
  readonly addr_info?: readonly ListedAddress[];
}

interface ListedAddress {
  readonly family: string;
  readonly local: string;
  readonly prefixlen: number;
  readonly scope: string;
  readonly tentative?: boolean;
  readonly dadfailed?: boolean;
  readonly noprefixroute?: boolean;
}

/** iproute2 prints `{}` for what a filter left out. */
function isPresent(listed: object): boolean {
  return Object.keys(listed).length > 0;
}
