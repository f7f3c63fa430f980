import type { GatheredWrites } from '../net/gathered-writes.ts';

/** Adds a piece of a body to what is to be sent: as a chunk (RFC 9112 7.1), or as it is. */
export function addData(writes: GatheredWrites, data: Buffer, chunked: boolean): void {
  if (chunked) writes.add(`${data.length.toString(16)}\r\n`);
  writes.add(data);
  if (chunked) writes.add('\r\n');
}
