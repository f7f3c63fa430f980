import ipaddr from 'ipaddr.js';

/** What carries the payload; `other` covers what the lab does not look into. */
export type Protocol = 'tcp' | 'udp' | 'sctp' | 'icmp' | 'icmpv6' | 'arp' | 'other';

/** A decoded frame. A field that the protocol does not have is empty or 0. */
export interface Packet {
  readonly srcMac: string;
  readonly dstMac: string;
  readonly family: 'ipv4' | 'ipv6' | 'arp' | 'other';
  readonly protocol: Protocol;
  /** Canonical text; for ARP the sender's protocol address. */
  readonly source: string;
  /** Canonical text; for ARP the address that is asked for. */
  readonly destination: string;
  readonly sourcePort: number;
  readonly destinationPort: number;
  /** TCP: letters of `FSRPAU`; ARP: `request` or `reply`. */
  readonly flags: string;
  /** ICMP and ICMPv6. */
  readonly icmpType: number;
  readonly icmpCode: number;
  /** What the transport carries, as far as it was captured; for ICMP errors from the quoted packet on. */
  readonly payload: Buffer;
}

/** IEEE 802 local experimental EtherType: what marks a point in a capture, never part of the traffic. */
export const markerEtherType = 0x88b5;

const protocols: Readonly<Record<number, Protocol>> = { 1: 'icmp', 6: 'tcp', 17: 'udp', 58: 'icmpv6', 132: 'sctp' };

/** Reads an Ethernet frame; whatever is cut short or unknown comes out as `other`. */
export function parsePacket(frame: Buffer): Packet {
  const base: Packet = {
    srcMac: mac(frame, 6),
    dstMac: mac(frame, 0),
    family: 'other',
    protocol: 'other',
    source: '',
    destination: '',
    sourcePort: 0,
    destinationPort: 0,
    flags: '',
    icmpType: 0,
    icmpCode: 0,
    payload: Buffer.alloc(0),
  };
  try {
    const body = frame.subarray(14);
    switch (frame.readUInt16BE(12)) {
      case 0x0800:
        return { ...base, ...parseIpv4(body) };
      case 0x86dd:
        return { ...base, ...parseIpv6(body) };
      case 0x0806:
        return { ...base, ...parseArp(body) };
      default:
        return { ...base, payload: body };
    }
  } catch (error) {
    if (error instanceof RangeError) return base;
    throw error;
  }
}

function parseArp(body: Buffer): Partial<Packet> {
  return {
    family: 'arp',
    protocol: 'arp',
    flags: body.readUInt16BE(6) === 1 ? 'request' : 'reply',
    source: address(body, 14, 4),
    destination: address(body, 24, 4),
  };
}

function parseIpv4(body: Buffer): Partial<Packet> {
  const headerLength = (body.readUInt8(0) & 0x0f) * 4;
  const end = body.readUInt16BE(2);
  const isFirstFragment = (body.readUInt16BE(6) & 0x1fff) === 0;
  const protocol = protocols[body.readUInt8(9)] ?? 'other';
  return {
    family: 'ipv4',
    protocol,
    source: address(body, 12, 4),
    destination: address(body, 16, 4),
    ...(isFirstFragment ? parseTransport(protocol, body.subarray(headerLength, end)) : {}),
  };
}

function parseIpv6(body: Buffer): Partial<Packet> {
  const addresses = { family: 'ipv6' as const, source: address(body, 8, 16), destination: address(body, 24, 16) };
  let next = body.readUInt8(6);
  let offset = 40;
  // Hop-by-hop options, routing header, destination options: all have their length in the second byte.
  while ([0, 43, 60].includes(next)) {
    next = body.readUInt8(offset);
    offset += (body.readUInt8(offset + 1) + 1) * 8;
  }
  let isFirstFragment = true;
  if (next === 44) {
    next = body.readUInt8(offset);
    isFirstFragment = (body.readUInt16BE(offset + 2) & 0xfff8) === 0;
    offset += 8;
  }
  const protocol = protocols[next] ?? 'other';
  const end = 40 + body.readUInt16BE(4);
  return { ...addresses, protocol, ...(isFirstFragment ? parseTransport(protocol, body.subarray(offset, end)) : {}) };
}

function parseTransport(protocol: Protocol, body: Buffer): Partial<Packet> {
  if (protocol === 'icmp' || protocol === 'icmpv6') {
    return { icmpType: body.readUInt8(0), icmpCode: body.readUInt8(1), payload: body.subarray(8) };
  }
  if (protocol !== 'tcp' && protocol !== 'udp' && protocol !== 'sctp') return { payload: body };
  const ports = { sourcePort: body.readUInt16BE(0), destinationPort: body.readUInt16BE(2) };
  if (protocol === 'udp') return { ...ports, payload: body.subarray(8) };
  if (protocol === 'sctp') return { ...ports, payload: body.subarray(12) };
  const bits = body.readUInt8(13);
  const flags = [...'FSRPAU'].filter((_, bit) => bits & (1 << bit)).join('');
  return { ...ports, flags, payload: body.subarray((body.readUInt8(12) >> 4) * 4) };
}

function mac(frame: Buffer, offset: number): string {
  return [...frame.subarray(offset, offset + 6)].map((byte) => byte.toString(16).padStart(2, '0')).join(':');
}

function address(body: Buffer, offset: number, length: number): string {
  const bytes = body.subarray(offset, offset + length);
  if (bytes.length < length) throw new RangeError('cut short');
  return ipaddr.fromByteArray([...bytes]).toString();
}
