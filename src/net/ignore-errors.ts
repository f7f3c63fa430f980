import type { Socket } from 'node:net';

/** Keeps the errors of a socket from ending the process; `close` comes all the same. For as long as the socket lives, and nothing else is kept alive by it. */
export function ignoreErrors(socket: Socket): void {
  socket.on('error', ignore);
}

function ignore(): void {}
