import type { Socket } from 'node:net';
import { endInBatch } from './batched-writes.ts';

/**
 * Ends the socket and, once everything has been sent, reads on for a while before it is closed. Closing with unread bytes makes the kernel send
 * a reset, on which a peer that is still sending may throw away the answer that it has not read yet (RFC 9112 9.6). How long a peer may take to
 * read is for the socket's own timeout.
 * @param timeout for the peer to stop sending, in milliseconds
 */
export function closeLingering(socket: Socket, timeout: number): void {
  if (socket.destroyed) return;
  let timer: NodeJS.Timeout | undefined;
  const linger = () => {
    if (socket.readableEnded) socket.destroy();
    else timer = setTimeout(() => socket.destroy(), timeout);
  };
  if (socket.writableFinished) linger();
  else socket.once('finish', linger);
  if (!socket.writableEnded) endInBatch(socket);
  socket.once('end', () => socket.writableFinished && socket.destroy());
  socket.once('close', () => clearTimeout(timer));
  socket.resume();
}
