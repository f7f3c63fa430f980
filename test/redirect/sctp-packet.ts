/**
 * An SCTP packet with an INIT chunk (RFC 9260 3.3.2): what a client that opens an association sends. Made by hand, since not every kernel
 * has SCTP sockets.
 */
export function sctpInit(sourcePort: number, destinationPort: number): Buffer {
  const packet = Buffer.alloc(32);
  packet.writeUInt16BE(sourcePort, 0);
  packet.writeUInt16BE(destinationPort, 2);
  // Verification tag: 0 in an INIT. The checksum at 8 follows.
  packet.writeUInt8(1, 12);
  packet.writeUInt16BE(20, 14);
  packet.writeUInt32BE(0x11223344, 16);
  packet.writeUInt32BE(65_536, 20);
  packet.writeUInt16BE(1, 24);
  packet.writeUInt16BE(1, 26);
  packet.writeUInt32BE(1, 28);
  packet.writeUInt32LE(crc32c(packet), 8);
  return packet;
}

/** The answer to it: an INIT ACK, as far as connection tracking looks. */
export function sctpInitAck(sourcePort: number, destinationPort: number): Buffer {
  const packet = sctpInit(sourcePort, destinationPort);
  packet.writeUInt32BE(0x11223344, 4);
  packet.writeUInt8(2, 12);
  packet.writeUInt32BE(0, 8);
  packet.writeUInt32LE(crc32c(packet), 8);
  return packet;
}

/** CRC-32C, bit by bit (RFC 9260 appendix A). */
function crc32c(bytes: Uint8Array): number {
  let crc = 0xffff_ffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit += 1) crc = crc & 1 ? (crc >>> 1) ^ 0x82f6_3b78 : crc >>> 1;
  }
  return ~crc >>> 0;
}
