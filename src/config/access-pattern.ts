import { addressScope } from '../net/address-scope.ts';
import { parseHostName } from '../net/host-name.ts';
import { fromOctets } from '../net/ip-address.ts';
import { formatPrefix, type Prefix, parseAddressOrPrefix, prefixOf } from '../net/prefix.ts';
import type { AccessPattern } from './router-config.ts';

/** Parses the pattern of a rule; undefined for what is none. */
export function parseAccessPattern(text: string): AccessPattern | undefined {
  if (text === '*') return { kind: 'any' };
  const prefix = parseAddressOrPrefix(text);
  // Requests for mapped addresses are judged as the IPv4 addresses that they hold: a rule for them would never match.
  if (prefix !== undefined) return isMapped(prefix) ? undefined : { kind: 'prefix', prefix };
  const domain = text.startsWith('*.');
  const name = parseHostName(domain ? text.slice(2) : text);
  return name === undefined ? undefined : { kind: domain ? 'domain' : 'host', name };
}

/** What people write who are used to URLs or to other proxies: how it is found, what stands in its place, and why. In the order in which it is undone. */
const mistakes: readonly (readonly [found: RegExp, instead: string, reason: string])[] = [
  [/\s+#.*$/, '', 'a comment needs a line of its own'],
  [/^[a-z][a-z\d+.-]*:\/\//i, '', 'a line has no scheme'],
  // What is all digits behind a slash is a length, or a mask.
  [/\/(?![\d.]+(?:\/|$)).*$/, '', 'a line has no path'],
  [/(?<=^[^:]+|\]):\d+$/, '', 'a line has no port'],
  [/^\[(.*)\]$/, '$1', 'an address has no brackets'],
  [/^[.*](?=[^.*])/, '*.', 'a domain begins with *.'],
];

/**
 * What is wrong with what is no pattern, and what to write where that can be told; undefined = nothing is known but the grammar.
 * @param sign what stands in front of the pattern
 */
export function findPatternFault(text: string, sign: '!' | ''): string | undefined {
  let mended = text;
  const reasons: string[] = [];
  for (const [found, instead, reason] of mistakes) {
    if (!found.test(mended)) continue;
    mended = mended.replace(found, instead);
    reasons.push(reason);
  }
  const prefix = parseAddressOrPrefix(mended);
  if (prefix !== undefined && isMapped(prefix)) {
    mended = formatUnmapped(prefix);
    reasons.push('a mapped address is written as its IPv4 address');
  }
  const [reason] = reasons;
  if (reason === undefined) return undefined;
  return parseAccessPattern(mended) === undefined ? reason : `${reason}; write ${sign}${mended}`;
}

function isMapped({ network }: Prefix): boolean {
  return addressScope(network) === 'mapped';
}

/** The IPv4 addresses that a prefix of mapped ones holds: its last 32 bits. */
function formatUnmapped({ network, length }: Prefix): string {
  const prefix = prefixOf(fromOctets(network.octets.slice(12)), length - 96);
  return prefix.length === 32 ? prefix.network.text : formatPrefix(prefix);
}
