import { createServer, type Server, type Socket } from 'node:net';
import { ignoreErrors } from './ignore-errors.ts';
import { resetSocket } from './reset-socket.ts';
import { Slots } from './slots.ts';

/** An open TCP port. */
export interface Listener {
  /** The port that was bound: the kernel's choice where 0 was asked for. */
  readonly port: number;
  /**
   * Stops accepting and waits until every accepted socket is closed. When `signal` aborts, those still open are reset: their
   * peers must not take half an answer for a whole one. May be called again, with a signal of its own.
   */
  close(signal: AbortSignal): Promise<void>;
}

/** How a port is bound. */
export interface ListenerOptions {
  /** Other threads listen on it too, and the kernel shares the connections out (SO_REUSEPORT). Default false. */
  readonly reusePort?: boolean;
}

/** A TCP server as all of ours are: a peer that has finished sending can still be sent to, and small writes leave at once. */
export function createTcpServer(onConnection: (socket: Socket) => void): Server {
  return createServer({ allowHalfOpen: true, noDelay: true }, onConnection);
}

/**
 * Binds `server` to `port` (0 = any free one) on every address of both families, and keeps account of the sockets it accepts.
 * Each gets an error handler, so that a reset in whatever state ends the socket and never the process.
 * @param onAcceptError told of every accept that failed; the listener goes on. Not when descriptors run out: then libuv closes what is waiting, and tells nobody
 * @throws what listen(2) throws, as EADDRINUSE or EACCES
 */
export async function openListener(
  server: Server,
  port: number,
  onAcceptError: (error: Error) => void,
  { reusePort = false }: ListenerOptions = {},
): Promise<Listener> {
  const sockets = new Slots<Socket>();
  server.on('connection', (socket: Socket) => {
    const slot = sockets.add(socket);
    ignoreErrors(socket);
    socket.on('close', () => sockets.remove(slot));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    // Without an address Node binds :: for both families, or 0.0.0.0 where the kernel has no IPv6.
    server.listen({ port, reusePort }, () => {
      server.off('error', reject);
      resolve();
    });
  });
  server.on('error', onAcceptError);
  const address = server.address();
  let closed: Promise<void> | undefined;
  return {
    port: address !== null && typeof address === 'object' ? address.port : port,
    async close(signal) {
      closed ??= new Promise((resolve) => server.close(() => resolve()));
      const reset = () => {
        for (const socket of sockets.values()) resetSocket(socket);
      };
      if (signal.aborted) reset();
      signal.addEventListener('abort', reset, { once: true });
      await closed;
      signal.removeEventListener('abort', reset);
    },
  };
}
