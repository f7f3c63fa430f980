import { addressBits, type Family, fromOctets, type IpAddress, parseIpAddress } from './ip-address.ts';

/** A range of addresses that share their first `length` bits. `network` has all other bits zero. */
export interface Prefix {
  readonly family: Family;
  readonly network: IpAddress;
  readonly length: number;
}

/** Parses `ADDRESS/LENGTH`; bits after the prefix are cleared. undefined for all else, an address without a length too. */
export function parsePrefix(text: string): Prefix | undefined {
  const slash = text.indexOf('/');
  const address = parseIpAddress(text.slice(0, Math.max(slash, 0)));
  const length = parsePrefixLength(text.slice(slash + 1), address?.family ?? 'ipv4');
  return address === undefined || length === undefined ? undefined : prefixOf(address, length);
}

/** Parses `ADDRESS/LENGTH`, or an address, which is the prefix that holds it alone; undefined for all else. */
export function parseAddressOrPrefix(text: string): Prefix | undefined {
  const address = parseIpAddress(text);
  return address === undefined ? parsePrefix(text) : hostPrefix(address);
}

/** Parses a prefix length in decimal without sign or leading zero, at most the family's bits. */
export function parsePrefixLength(text: string, family: Family): number | undefined {
  if (!/^(0|[1-9]\d{0,2})$/.test(text)) return undefined;
  const length = Number(text);
  return length <= addressBits(family) ? length : undefined;
}

/** The prefix of that length which contains the address. */
export function prefixOf(address: IpAddress, length: number): Prefix {
  const octets = address.octets.map((octet, index) => octet & maskOctet(length - index * 8));
  return { family: address.family, network: fromOctets(octets), length };
}

/** The prefix that holds this one address. */
export function hostPrefix(address: IpAddress): Prefix {
  return prefixOf(address, addressBits(address.family));
}

/** Whether the address lies in the prefix; never across families. */
export function prefixContains(prefix: Prefix, address: IpAddress): boolean {
  if (prefix.family !== address.family) return false;
  for (let index = 0; index * 8 < prefix.length; index += 1) {
    const mask = maskOctet(prefix.length - index * 8);
    if (((prefix.network.octets[index] ?? 0) & mask) !== ((address.octets[index] ?? 0) & mask)) return false;
  }
  return true;
}

/** Whether every address of `inner` lies in `outer`. */
export function prefixCovers(outer: Prefix, inner: Prefix): boolean {
  return outer.length <= inner.length && prefixContains(outer, inner.network);
}

/** `NETWORK/LENGTH`. */
export function formatPrefix(prefix: Prefix): string {
  return `${prefix.network.text}/${prefix.length}`;
}

function maskOctet(bits: number): number {
  if (bits >= 8) return 0xff;
  return bits <= 0 ? 0 : (0xff << (8 - bits)) & 0xff;
}
