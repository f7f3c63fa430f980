import type { IpAddress } from './ip-address.ts';
import { type Prefix, parsePrefix, prefixContains } from './prefix.ts';

/** What an address can be used for. `mapped` is IPv4 in IPv6 clothes, which never is on a wire (RFC 4291 2.5.5.2). */
export type AddressScope = 'unspecified' | 'loopback' | 'link-local' | 'multicast' | 'broadcast' | 'mapped' | 'unicast';

/** Each special scope with the prefixes that make it up. */
export const scopes: readonly (readonly [AddressScope, Prefix])[] = [
  ...table('unspecified', '0.0.0.0/32', '::/128'),
  ...table('loopback', '127.0.0.0/8', '::1/128'),
  ...table('link-local', '169.254.0.0/16', 'fe80::/10'),
  ...table('multicast', '224.0.0.0/4', 'ff00::/8'),
  ...table('broadcast', '255.255.255.255/32'),
  ...table('mapped', '::ffff:0:0/96'),
];

/** The scope of the address; `unicast` for all that is nothing special (RFC 6890 lists more, but those can be routed). */
export function addressScope(address: IpAddress): AddressScope {
  return scopes.find(([, prefix]) => prefixContains(prefix, address))?.[0] ?? 'unicast';
}

function table(scope: AddressScope, ...prefixes: readonly string[]) {
  return prefixes.flatMap((text) => parsePrefix(text) ?? []).map((prefix) => [scope, prefix] as const);
}
