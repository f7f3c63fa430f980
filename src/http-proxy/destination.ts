import { parseHostName } from '../net/host-name.ts';
import { formatUrlHost, type IpAddress, parseIpAddress } from '../net/ip-address.ts';
import { parsePort } from '../net/port.ts';

/** Where a request wants to go. */
export interface Destination {
  readonly host: Host;
  readonly port: number;
}

/** A host as the client named it, in canonical form. */
export type Host = { readonly kind: 'name'; readonly name: string } | { readonly kind: 'address'; readonly address: IpAddress };

/** Parses an address (IPv6 in brackets, as in a URL) or a name; undefined for all else, such as the many other spellings of an IPv4 address. */
export function parseHost(text: string): Host | undefined {
  const bracketed = text.startsWith('[') && text.endsWith(']');
  const address = parseIpAddress(bracketed ? text.slice(1, -1) : text);
  if (address !== undefined) return (address.family === 'ipv6') === bracketed ? { kind: 'address', address } : undefined;
  const name = parseHostName(text);
  return name === undefined ? undefined : { kind: 'name', name };
}

/**
 * Parses `HOST:PORT`, or `HOST` where there is a default port (RFC 3986 3.2).
 * @returns what is wrong, as a phrase, when it is no destination
 */
export function parseDestination(text: string, defaultPort: number | undefined): Destination | string {
  const colon = text.indexOf(':', text.lastIndexOf(']') + 1);
  if (colon === -1 && defaultPort === undefined) return 'the port is missing';
  const host = parseHost(colon === -1 ? text : text.slice(0, colon));
  if (host === undefined) return 'the host is neither a name, an IPv4 address of four decimal numbers nor an IPv6 address in brackets';
  const port = colon === -1 ? defaultPort : parsePort(text.slice(colon + 1));
  return port === undefined ? 'the port is not a decimal number from 1 to 65535' : { host, port };
}

/** The host as text, IPv6 in brackets. */
export function formatHost(host: Host): string {
  return host.kind === 'name' ? host.name : formatUrlHost(host.address);
}

/** `HOST:PORT`. */
export function formatDestination({ host, port }: Destination): string {
  return `${formatHost(host)}:${port}`;
}
