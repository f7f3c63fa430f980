import type { Socket } from 'node:net';

const mapped = '::ffff:';

/** The address of a socket's peer; empty once the socket is closed. A dual-stack listener shows IPv4 peers as IPv4-mapped IPv6: they are IPv4 here. */
export function remoteAddress(socket: Socket): string {
  const address = socket.remoteAddress ?? '';
  return address.startsWith(mapped) && address.includes('.') ? address.slice(mapped.length) : address;
}
