import { createSocket, type Socket as DatagramSocket } from 'node:dgram';
import { createServer, type Server } from 'node:net';
import { isAdmitted, plainAddress, type Report } from './served.ts';

/** A TCP server that sends everything back, half-close included; a source that it does not admit is closed at once. */
export function createTcpEcho(
  { port, admit }: { readonly port: number; readonly admit?: readonly string[] | undefined },
  report: Report,
): Server {
  return createServer({ allowHalfOpen: true }, (socket) => {
    const source = plainAddress(socket.remoteAddress);
    const admitted = isAdmitted(source, admit);
    report({
      event: 'connection',
      port,
      source,
      sourcePort: socket.remotePort ?? 0,
      destination: plainAddress(socket.localAddress),
      admitted,
    });
    // A reset by the client ends the echo and nothing else.
    socket.on('error', () => socket.destroy());
    if (admitted) socket.pipe(socket);
    else socket.destroy();
  });
}

/** A UDP server that sends each datagram back. `address` must be one of the host's: a reply leaves from it. */
export function createUdpEcho({ port, address }: { readonly port: number; readonly address: string }, report: Report): DatagramSocket {
  const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4');
  socket.on('message', (data, { address: source, port: sourcePort }) => {
    report({ event: 'datagram', port, source, sourcePort, destination: address, admitted: true });
    socket.send(data, sourcePort, source);
  });
  // An ICMP error about a reply arrives here; the echo goes on.
  socket.on('error', () => {});
  return socket;
}
