import type { Host } from './host.ts';

/** An SCTP packet to send. */
export interface SctpPacket {
  /** An address literal. */
  readonly to: string;
  readonly sourcePort: number;
  readonly destinationPort: number;
  /** Default `init`: the first packet of an association. */
  readonly chunk?: 'init' | 'init-ack';
  /** The receiver's tag: 0 for `init`, for `init-ack` the tag that the `init` carried. Default 0. */
  readonly verificationTag?: number;
}

/** The tag that every chunk made here carries. */
export const initiateTag = 0x4c414221;

/** Sends one hand-made SCTP packet from a host: the kernel may have no SCTP sockets, but it translates and routes the protocol. */
export async function sendSctp(host: Host, packet: SctpPacket): Promise<void> {
  const target = packet.to.includes(':') ? `IP6-SENDTO:[${packet.to}]:132` : `IP4-SENDTO:${packet.to}:132`;
  await host.output('socat', ['-u', '-', target], { input: formatSctp(packet) });
}

/** RFC 9260, sections 3.1, 3.3.2 and 3.3.3: common header and one chunk. */
export function formatSctp({ sourcePort, destinationPort, chunk = 'init', verificationTag = 0 }: SctpPacket): Buffer {
  const cookie = chunk === 'init-ack' ? Buffer.from('00070008c00c1e00', 'hex') : Buffer.alloc(0);
  const packet = Buffer.concat([Buffer.alloc(32), cookie]);
  packet.writeUInt16BE(sourcePort, 0);
  packet.writeUInt16BE(destinationPort, 2);
  packet.writeUInt32BE(verificationTag, 4);
  packet.writeUInt8(chunk === 'init' ? 1 : 2, 12);
  packet.writeUInt16BE(packet.length - 12, 14);
  packet.writeUInt32BE(initiateTag, 16);
  packet.writeUInt32BE(65_536, 20); // receiver's window
  packet.writeUInt16BE(1, 24); // outbound streams
  packet.writeUInt16BE(1, 26); // inbound streams
  packet.writeUInt32BE(1, 28); // first sequence number
  // RFC 9260, appendix A: the checksum stands in the byte order in which CRC32c comes out, the least significant first.
  packet.writeUInt32LE(crc32c(packet), 8);
  return packet;
}

/** CRC-32C (Castagnoli), bit by bit: packets here are 40 bytes. */
export function crc32c(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit += 1) crc = (crc >>> 1) ^ (crc & 1 ? 0x82f63b78 : 0);
  }
  return ~crc >>> 0;
}
