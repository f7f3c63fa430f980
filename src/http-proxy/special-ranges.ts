import type { Cluster } from '../config/router-config.ts';
import { type AddressScope, addressScope, scopes } from '../net/address-scope.ts';
import { fromOctets, type IpAddress } from '../net/ip-address.ts';
import { hostPrefix, type Prefix, parsePrefix, prefixContains } from '../net/prefix.ts';

/** Addresses that are denied unless a rule names them: what the pod can reach but its clients should not reach through it. */
export interface SpecialRange {
  readonly kind:
    | Exclude<AddressScope, 'unicast' | 'mapped'>
    | 'metadata'
    | 'local-nat64'
    | 'own-address'
    | 'nameserver'
    | 'api-server'
    | 'cluster-cidr';
  readonly prefix: Prefix;
}

/** Instance metadata of the clouds: AWS and those that copied it, Alibaba, AWS on IPv6. It hands out credentials. */
const metadata = ['169.254.169.254/32', '100.100.100.200/32', 'fd00:ec2::254/128'].flatMap((text) => parsePrefix(text) ?? []);

/** NAT64 for use inside a network (RFC 8215). Where in an address the IPv4 address sits is for that network to say, so it cannot be judged. */
const localNat64 = ['64:ff9b:1::/48'].flatMap((text) => parsePrefix(text) ?? []);

/** Everything special, for this cluster and these addresses of the pod. An address may lie in several ranges. */
export function specialRanges(cluster: Cluster, ownAddresses: readonly IpAddress[]): readonly SpecialRange[] {
  return [
    ...scopes.flatMap(([scope, prefix]) => (scope === 'unicast' || scope === 'mapped' ? [] : [{ kind: scope, prefix }])),
    ...metadata.map((prefix) => ({ kind: 'metadata' as const, prefix })),
    ...localNat64.map((prefix) => ({ kind: 'local-nat64' as const, prefix })),
    // 127.0.0.1 and link-local addresses are special without being ours.
    ...ownAddresses
      .filter((address) => addressScope(address) === 'unicast')
      .map((address) => ({ kind: 'own-address' as const, prefix: hostPrefix(address) })),
    ...cluster.nameservers.map((address) => ({ kind: 'nameserver' as const, prefix: hostPrefix(address) })),
    ...(cluster.apiServer === undefined ? [] : [{ kind: 'api-server' as const, prefix: hostPrefix(cluster.apiServer.address) }]),
    ...cluster.cidrs.map((prefix) => ({ kind: 'cluster-cidr' as const, prefix })),
  ];
}

/** Where an IPv4 address sits in an IPv6 address: IPv4-mapped (RFC 4291 2.5.5.2), NAT64 (RFC 6052 2.1), 6to4 (RFC 3056 2). */
const embeddings = [
  { prefix: parsePrefix('::ffff:0:0/96'), offset: 12 },
  { prefix: parsePrefix('64:ff9b::/96'), offset: 12 },
  { prefix: parsePrefix('2002::/16'), offset: 2 },
];

/** The IPv4 address that an IPv6 address stands for, if it does. */
export function embeddedIpv4(address: IpAddress): IpAddress | undefined {
  const embedding = embeddings.find(({ prefix }) => prefix !== undefined && prefixContains(prefix, address));
  return embedding && fromOctets(address.octets.slice(embedding.offset, embedding.offset + 4));
}
