import { type Family, families } from '../net/ip-address.ts';
import type { NetworkEffects } from './network-effects.ts';
import { findInterface, readInterfaces } from './network-interface.ts';
import type { PodNetwork } from './plan-source-ip.ts';

/**
 * Reads what the plan needs to know of the pod that this process is in. Needs no privileges.
 * @param clusterInterface its addresses are the pod's
 * @throws RouterError INTERFACE_MISSING, PROGRAM_MISSING
 */
export async function observePodNetwork(
  { run, readSysctl }: Pick<NetworkEffects, 'run' | 'readSysctl'>,
  clusterInterface: string,
): Promise<PodNetwork> {
  const { addresses } = findInterface(await readInterfaces(run), clusterInterface);
  return {
    families: presentFamilies(readSysctl),
    podAddresses: addresses.filter(({ scope }) => scope === 'global').map(({ family, address }) => ({ family, address })),
  };
}

/** The families that the kernel has: it lacks IPv6 where it was started with ipv6.disable=1. */
export function presentFamilies(readSysctl: NetworkEffects['readSysctl']): readonly Family[] {
  const hasIpv6 = readSysctl('net/ipv6/conf/all/disable_ipv6') !== undefined;
  return families.filter((family) => family === 'ipv4' || hasIpv6);
}
