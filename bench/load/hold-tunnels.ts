import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { AnswerReader } from './answer-reader.ts';
import type { Exchange } from './order.ts';
import { makeRequest, tunnelOpened } from './request.ts';

/** Tunnels that are being opened at once. */
const openers = 32;

/**
 * Opens idle tunnels. Whoever holds them closes them by `close`.
 * @throws AnswerError when one is refused, Error when a connection fails
 */
export async function holdTunnels(exchange: Exchange, count: number): Promise<{ close(): void }> {
  const sockets: Socket[] = [];
  const close = () => {
    for (const socket of sockets) socket.destroy();
  };
  const { connect: bytes } = makeRequest({ ...exchange, via: 'tunnel' }, 'kept');
  const open = async () => {
    const socket = connect({ host: exchange.proxy.address, port: exchange.proxy.port });
    sockets.push(socket);
    if (bytes !== undefined) socket.write(bytes);
    const reader = new AnswerReader(tunnelOpened);
    for (;;) {
      const [chunk]: Buffer[] = await once(socket, 'data');
      if (chunk !== undefined && reader.push(chunk)) return;
    }
  };
  const openSome = async () => {
    while (sockets.length < count) await open();
  };
  try {
    await Promise.all(Array.from({ length: openers }, openSome));
  } catch (error) {
    close();
    throw error;
  }
  return { close };
}
