import type { Socket } from 'node:net';

/** The address of a socket's peer; empty once the socket is closed. A dual-stack listener shows IPv4 peers as IPv4-mapped IPv6: they are IPv4 here. */
export function remoteAddress(socket: Socket): string {
  return (socket.remoteAddress ?? '').replace(/^::ffff:(?=\d+\.)/, '');
}
