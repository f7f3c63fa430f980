import ipaddr from 'ipaddr.js';
import type { CapturedPacket } from './capture.ts';

/** Where a packet was seen: the LAN's wire to the node, the node's end of the router's veth, or the outside server's interface. */
export type Wire = 'lan' | 'pod' | 'outside';

/** What a judge of packets must know of the network. */
export interface LeakContext {
  /** The source IPs that are reserved for the router. */
  readonly sources: readonly string[];
  readonly podAddresses: readonly string[];
  /** Prefixes that a pod may reach by `eth0`: pods, Services, the node itself. */
  readonly inside: readonly string[];
  /** MACs on the LAN that are not the router's. */
  readonly otherMacs: readonly string[];
}

/** `leak`: left with an address that is not reserved. `reserved`: the router's, as promised. `other`: not the router's, or never meant to leave the link. */
export type LeakVerdict = 'leak' | 'reserved' | 'other';

/** Judges one packet. Behind the node every pod looks alike, so what the router sends out by its pod network is judged before the node masquerades it. */
export function judgeLeak(packet: CapturedPacket, wire: Wire, context: LeakContext): LeakVerdict {
  if ((packet.family !== 'ipv4' && packet.family !== 'ipv6') || isLinkLocal(packet)) return 'other';
  const isReserved = context.sources.includes(packet.source);
  const isPod = context.podAddresses.includes(packet.source);
  switch (wire) {
    case 'lan':
      if (isPod) return 'leak';
      if (context.otherMacs.includes(packet.srcMac)) return 'other';
      return isReserved ? 'reserved' : 'leak';
    case 'pod':
      return packet.isOwn || isWithin(packet.destination, context.inside) ? 'other' : 'leak';
    case 'outside':
      if (packet.isOwn) return 'other';
      if (isPod) return 'leak';
      return isReserved ? 'reserved' : 'other';
  }
}

const linkLocalSources = ['fe80::/10', '169.254.0.0/16'];
const linkLocalDestinations = ['ff02::/16', 'fe80::/10', '224.0.0.0/24'];

/** No router forwards these: link-local addresses, groups of the link, and what hosts say to find each other (RFC 4861, RFC 3810). */
function isLinkLocal({ source, destination, protocol, icmpType }: CapturedPacket): boolean {
  if (protocol === 'icmpv6' && ((icmpType >= 130 && icmpType <= 137) || icmpType === 143)) return true;
  return source === '::' || isWithin(source, linkLocalSources) || isWithin(destination, linkLocalDestinations);
}

/** Answers by prefixes and address: a capture has few addresses and many packets. */
const known = new WeakMap<readonly string[], Map<string, boolean>>();

function isWithin(address: string, prefixes: readonly string[]): boolean {
  const answers = known.get(prefixes) ?? new Map<string, boolean>();
  known.set(prefixes, answers);
  const answer = answers.get(address) ?? matches(address, prefixes);
  answers.set(address, answer);
  return answer;
}

function matches(address: string, prefixes: readonly string[]): boolean {
  const parsed = ipaddr.parse(address);
  return prefixes.some((prefix) => {
    const [range, length] = ipaddr.parseCIDR(prefix);
    return range.kind() === parsed.kind() && parsed.match(range, length);
  });
}
