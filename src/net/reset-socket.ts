import type { Socket } from 'node:net';

/**
 * Breaks a connection off: the peer sees a reset and cannot take what it has got for the whole. Closed or never connected: nothing happens.
 *
 * While a shutdown is under way libuv refuses to reset (uv_tcp_close_reset: EINVAL), and then Node neither closes the descriptor nor
 * emits `close`. Node shuts down once everything is written, so in that moment a plain close tells the peer nothing wrong.
 */
export function resetSocket(socket: Socket): void {
  // What was written before leaves before, also if it waits for a batch.
  socket.uncork();
  const isShuttingDown = socket.writableEnded && socket.writableLength === 0 && !socket.writableFinished;
  if (isShuttingDown) socket.destroy();
  else socket.resetAndDestroy();
}
