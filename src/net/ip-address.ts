import ipaddr from 'ipaddr.js';

/** An address family. IPv4 and IPv6 are peers everywhere: what exists for one exists for the other. */
export type Family = 'ipv4' | 'ipv6';

/** Both families, in the order in which plans list them. */
export const families: readonly Family[] = ['ipv4', 'ipv6'];

/** One address. `text` is canonical (RFC 5952 for IPv6), so two addresses are equal when their texts are. */
export interface IpAddress {
  readonly family: Family;
  readonly text: string;
  /** 4 or 16 octets in network order. */
  readonly octets: readonly number[];
}

/** Number of bits of an address of the family: also the length of a host prefix. */
export function addressBits(family: Family): 32 | 128 {
  return family === 'ipv4' ? 32 : 128;
}

/**
 * Parses four decimal octets or an IPv6 literal; undefined for all else.
 * Refused on purpose although inet_aton(3) takes them: `127.1`, `0x7f.1`, `2130706433`, octets with a leading zero;
 * and zone ids (RFC 4007), which name a link of one machine and not an address.
 */
export function parseIpAddress(text: string): IpAddress | undefined {
  if (/^\d{1,3}(\.\d{1,3}){3}$/.test(text)) {
    const octets = text.split('.').map(Number);
    return /(^|\.)0\d/.test(text) || octets.some((octet) => octet > 255) ? undefined : fromOctets(octets);
  }
  if (!text.includes(':') || !/^[0-9a-fA-F:.]+$/.test(text) || !ipaddr.IPv6.isValid(text)) return undefined;
  const embedded = text.slice(text.lastIndexOf(':') + 1);
  if (embedded.includes('.') && parseIpAddress(embedded) === undefined) return undefined;
  return fromOctets(ipaddr.IPv6.parse(text).toByteArray());
}

/**
 * The address of 4 or 16 octets.
 * @throws RangeError on any other count.
 */
export function fromOctets(octets: readonly number[]): IpAddress {
  if (octets.length === 4) return { family: 'ipv4', text: octets.join('.'), octets: [...octets] };
  if (octets.length !== 16) throw new RangeError(`an address has 4 or 16 octets, got ${octets.length}`);
  return { family: 'ipv6', text: new ipaddr.IPv6([...octets]).toRFC5952String(), octets: [...octets] };
}

/** Whether the two are the same address of the same family. An IPv4-mapped IPv6 address is not its IPv4 address. */
export function sameAddress(a: IpAddress, b: IpAddress): boolean {
  return a.family === b.family && a.text === b.text;
}

/** The address as the host part of a URL or of host:port: IPv6 in brackets (RFC 3986 3.2.2). */
export function formatUrlHost(address: IpAddress): string {
  return address.family === 'ipv6' ? `[${address.text}]` : address.text;
}
