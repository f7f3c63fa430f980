import type { Socket } from 'node:net';
import { endInBatch } from './batched-writes.ts';

/**
 * Ends the socket and reads on for a while before it is closed. Closing with unread bytes makes the kernel send a reset, on which a
 * peer that is still sending may throw away the answer that it has not read yet (RFC 9112 9.6).
 * @param timeout for the peer to stop sending, in milliseconds
 */
export function closeLingering(socket: Socket, timeout: number): void {
  if (socket.destroyed) return;
  if (!socket.writableEnded) endInBatch(socket);
  const timer = setTimeout(() => {
    // The time may be shorter than that of a batch.
    socket.uncork();
    socket.destroy();
  }, timeout);
  socket.once('close', () => clearTimeout(timer));
  socket.once('end', () => {
    if (socket.writableFinished) socket.destroy();
    else socket.once('finish', () => socket.destroy());
  });
  socket.resume();
}
