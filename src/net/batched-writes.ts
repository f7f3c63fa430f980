import type { Socket } from 'node:net';
import { inBatch } from './batch.ts';

/** Bytes that are held for a socket; with more they leave at once. */
const maxHeld = 16 * 1024;

/**
 * Writes in the present batch, or at once if it is much; several pieces leave together. The socket is corked until then: whatever else is written
 * to it keeps its place, ending it sends what is held, and destroying it drops that.
 * @param pieces a string has one octet for each character (latin1)
 * @returns false when the caller should wait for `drain` before it writes more
 */
export function writeInBatch(socket: Socket, ...pieces: readonly (string | Buffer)[]): boolean {
  const [first] = pieces;
  const isLarge = pieces.length === 1 && first !== undefined && first.length >= maxHeld;
  // Otherwise both would wait in the socket, and its writer for a drain.
  if (isLarge) socket.uncork();
  // Behind what the peer does not read it waits anyway.
  else if (socket.writableLength === 0) {
    socket.cork();
    inBatch(() => socket.uncork());
  }
  for (const piece of pieces) {
    if (typeof piece === 'string') socket.write(piece, 'latin1');
    else socket.write(piece);
  }
  if (socket.writableLength >= maxHeld) socket.uncork();
  return !socket.writableNeedDrain;
}

/** Finishes sending in the present batch. */
export function endInBatch(socket: Socket): void {
  inBatch(() => socket.end());
}

/** Bytes wait because the peer does not read, and not only for the batch. */
export function hasBacklog(socket: Socket): boolean {
  return socket.writableLength > 0 && socket.writableCorked === 0;
}

/** Waits until everything that was written has left for the peer, or the socket is closed. */
export async function allSent(socket: Socket): Promise<void> {
  if (socket.writableCorked > 0) await new Promise<void>(inBatch);
  if (socket.writableLength > 0) await new Promise<void>((resolve) => socket.write('', () => resolve()));
}
