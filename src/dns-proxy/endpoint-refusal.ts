import type { Cluster } from '../config/router-config.ts';
import { addressScope } from '../net/address-scope.ts';
import { type IpAddress, sameAddress } from '../net/ip-address.ts';
import { formatPrefix, prefixContains } from '../net/prefix.ts';

/** Why an address that DNS gave cannot be an endpoint; undefined = it can. */
export type EndpointRefusal = (address: IpAddress) => string | undefined;

/**
 * Whoever writes the zone must not be able to point the router at itself or at the cluster: only a line that names such an
 * address leads there. connect(2) takes the unspecified address for loopback, and a mapped one for the IPv4 address in it.
 * @param ownAddresses asked at each answer: the source IP may move to another pod
 */
export function endpointRefusal(cluster: Cluster, ownAddresses: () => readonly IpAddress[]): EndpointRefusal {
  return (address) => {
    const scope = addressScope(address);
    if (scope !== 'unicast') return scope;
    const isIt = (other: IpAddress) => sameAddress(other, address);
    if (ownAddresses().some(isIt)) return 'own address';
    if (cluster.nameservers.some(isIt)) return 'nameserver';
    if (cluster.apiServer !== undefined && isIt(cluster.apiServer.address)) return 'Kubernetes API';
    const range = cluster.cidrs.find((prefix) => prefixContains(prefix, address));
    return range === undefined ? undefined : `cluster range ${formatPrefix(range)}`;
  };
}
