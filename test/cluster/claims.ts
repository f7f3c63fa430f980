import ipaddr from 'ipaddr.js';
import { type Capture, type CapturedPacket, capture } from '../../lab/capture.ts';
import type { Cluster } from '../../lab/cluster/cluster.ts';

/** What hosts of the LAN say about who has an address. Disposing of it ends it. */
export class ClaimWatch {
  readonly #captures: readonly Capture[];
  readonly #address: string;

  constructor(captures: readonly Capture[], address: string) {
    this.#captures = captures;
    this.#address = address;
  }

  /** The MAC addresses of all who said until now that they have it. */
  async claimants(): Promise<string[]> {
    await Promise.all(this.#captures.map((watching) => watching.flush()));
    const packets = this.#captures.flatMap((watching) => watching.packets);
    return [...new Set(packets.filter((packet) => isClaim(packet, this.#address)).map(({ srcMac }) => srcMac))];
  }

  /** The first question whether somebody has it, past or future, from one who wants it. @throws Error after half a minute. */
  asked(): Promise<CapturedPacket> {
    return this.#until((packet) => isQuestion(packet, this.#address));
  }

  /** The first claim, past or future; by the host of that MAC address, or by anybody. @throws Error after half a minute. */
  claimed(mac?: string): Promise<CapturedPacket> {
    return this.#until((packet) => isClaim(packet, this.#address) && (mac === undefined || packet.srcMac === mac));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#captures.map((watching) => watching[Symbol.asyncDispose]()));
  }

  #until(matches: (packet: CapturedPacket) => boolean): Promise<CapturedPacket> {
    return Promise.any(this.#captures.map((watching) => watching.until(matches, 30_000)));
  }
}

/** Watches both uplinks for ARP and neighbour discovery, and for whatever else leaves with the address. */
export async function watchClaims(cluster: Cluster, address: string): Promise<ClaimWatch> {
  const filter = `arp or icmp6 or src host ${address}`;
  const captures = await Promise.all(cluster.nodes.map(({ name }) => capture(cluster.lan, { iface: name, filter })));
  return new ClaimWatch(captures, address);
}

/** ARP with it as sender, an advertisement of it (RFC 4861 4.4), or any packet from it. */
function isClaim(packet: CapturedPacket, address: string): boolean {
  return packet.source === address || (packet.icmpType === 136 && target(packet) === address);
}

/** An ARP probe (RFC 5227 1.1) or a solicitation from nobody (RFC 4862 5.4.2). */
function isQuestion(packet: CapturedPacket, address: string): boolean {
  if (packet.protocol === 'arp') return packet.source === '0.0.0.0' && packet.destination === address;
  return packet.icmpType === 135 && packet.source === '::' && target(packet) === address;
}

/** The address that a neighbour message is about. */
function target({ protocol, payload }: CapturedPacket): string | undefined {
  return protocol === 'icmpv6' && payload.length >= 16 ? ipaddr.fromByteArray([...payload.subarray(0, 16)]).toString() : undefined;
}
