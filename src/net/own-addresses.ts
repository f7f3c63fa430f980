import { readFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { fromOctets, type IpAddress, parseIpAddress } from './ip-address.ts';

/**
 * The addresses of this network namespace, loopback included, which the kernel answers for itself. A fresh answer at each call.
 * Node leaves out interfaces without a carrier, whose addresses are as local as any other, so the kernel's own tables are read too; a
 * kernel without a family has no table for it.
 */
export function readOwnAddresses(): readonly IpAddress[] {
  const addresses = [
    ...Object.values(networkInterfaces())
      .flatMap((entries) => entries ?? [])
      .flatMap(({ address }) => parseIpAddress(address.replace(/%.*/, '')) ?? []),
    ...parseFibTrie(readTable('/proc/net/fib_trie')),
    ...parseIfInet6(readTable('/proc/net/if_inet6')),
  ];
  return [...new Map(addresses.map((address) => [address.text, address])).values()];
}

/** The local addresses in /proc/net/fib_trie, the IPv4 routes: each is a leaf `|-- ADDRESS` with a line `/32 host LOCAL` below. */
export function parseFibTrie(text: string): IpAddress[] {
  const leaves = text.matchAll(/\|-- (\S+)\n((?: +\/.*\n?)+)/g);
  return [...leaves].flatMap(([, address = '', routes = '']) => (routes.includes('/32 host LOCAL') ? (parseIpAddress(address) ?? []) : []));
}

/** The addresses in /proc/net/if_inet6, where each is a line that begins with 32 hexadecimal digits. */
export function parseIfInet6(text: string): IpAddress[] {
  return [...text.matchAll(/^[0-9a-f]{32}(?= )/gm)].map(([digits]) => fromOctets([...Buffer.from(digits, 'hex')]));
}

function readTable(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
