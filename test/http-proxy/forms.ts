import type { Family } from '../../src/net/ip-address.ts';

/** One of the ways to ask the proxy for a destination on this machine. */
export interface Form {
  readonly title: string;
  readonly family: Family;
  /** Where the client dials the proxy. */
  readonly host: string;
  /** The destination as it is written in a request, and the rule that allows it. */
  readonly name: string;
  readonly rule: string;
  readonly method: 'CONNECT' | 'GET';
  /** A head whose last empty line is missing, for a destination on this port. */
  head(port: number): string;
}

/** CONNECT and absolute form, over IPv4 and IPv6. IPv6 has one loopback address only. */
export const forms: readonly Form[] = (
  [
    { family: 'ipv4', host: '127.0.0.1', name: '127.0.0.2', rule: '127.0.0.2' },
    { family: 'ipv6', host: '::1', name: '[::1]', rule: '::1' },
  ] as const
).flatMap((place) => [
  {
    ...place,
    title: `CONNECT over ${place.family}`,
    method: 'CONNECT',
    head: (port: number) => `CONNECT ${place.name}:${port} HTTP/1.1\r\nHost: x\r\n`,
  },
  {
    ...place,
    title: `absolute form over ${place.family}`,
    method: 'GET',
    head: (port: number) => `GET http://${place.name}:${port}/ HTTP/1.1\r\nHost: x\r\n`,
  },
]);
