/** A frame as it was on the wire. */
export interface Frame {
  /** Milliseconds since 1970. */
  readonly time: number;
  /** The frame's beginning: what the capture kept of it. */
  readonly bytes: Buffer;
  /** Its whole length. */
  readonly length: number;
}

const fileHeaderLength = 24;
const recordHeaderLength = 16;

/**
 * Reads a pcap stream (as tcpdump writes it on this machine: little-endian, microseconds) as it comes.
 * The returned function takes the next bytes and gives the frames that they complete.
 * @throws Error when the stream is no such pcap.
 */
export function createPcapReader(): (chunk: Buffer) => Frame[] {
  let pending = Buffer.alloc(0);
  let hasHeader = false;
  return (chunk) => {
    pending = Buffer.concat([pending, chunk]);
    if (!hasHeader) {
      if (pending.length < fileHeaderLength) return [];
      if (pending.readUInt32LE(0) !== 0xa1b2c3d4) throw new Error('not a little-endian pcap stream with microseconds');
      pending = pending.subarray(fileHeaderLength);
      hasHeader = true;
    }
    const frames: Frame[] = [];
    while (pending.length >= recordHeaderLength) {
      const length = pending.readUInt32LE(8);
      if (pending.length < recordHeaderLength + length) break;
      const time = pending.readUInt32LE(0) * 1000 + pending.readUInt32LE(4) / 1000;
      const bytes = pending.subarray(recordHeaderLength, recordHeaderLength + length);
      frames.push({ time, bytes, length: pending.readUInt32LE(12) });
      pending = pending.subarray(recordHeaderLength + length);
    }
    return frames;
  };
}
