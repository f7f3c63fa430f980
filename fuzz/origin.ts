import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { countRequests } from './http-reader.ts';

/** What the origin answers with, and nobody else: the proxy says 200 itself to an OPTIONS that is for it. */
export const originStatus = 222;

/** What an origin does with the bytes of one connection, all of them so far. */
export type Serve = (socket: Socket, received: string, connection: number) => void;

/** The one destination of the campaign: every dial of the proxy ends here, whatever address it was for. */
export class Origin {
  readonly #server: Server;
  #connections: { readonly socket: Socket; received: string }[] = [];
  serve: Serve = () => {};

  private constructor() {
    this.#server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
      const connection = { socket, received: '' };
      const index = this.#connections.push(connection) - 1;
      socket.on('error', () => {});
      socket.on('data', (chunk) => {
        connection.received += chunk.toString('latin1');
        this.serve(socket, connection.received, index);
      });
      // An idle origin has nothing more to say either.
      socket.on('end', () => socket.end());
    });
  }

  /** Opens it on a free port of 127.0.0.1. Whoever opens it closes it. */
  static async open(): Promise<Origin> {
    const origin = new Origin();
    await once(origin.#server.listen(0, '127.0.0.1'), 'listening');
    return origin;
  }

  get port(): number {
    const address = this.#server.address();
    return typeof address === 'object' && address !== null ? address.port : 0;
  }

  /** Closes all connections. */
  closeConnections(): void {
    for (const { socket } of this.#connections) socket.destroy();
  }

  /** What came on each connection since the last time. */
  takeReceived(): readonly string[] {
    const received = this.#connections.map((connection) => connection.received);
    this.#connections = [];
    return received;
  }

  async close(): Promise<void> {
    this.closeConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }
}

/** Serves HTTP: answers each whole request with what `respond` makes of its number on this connection. */
export function serveHttp(respond: (index: number, method: string) => string): Serve {
  const answered = new WeakMap<Socket, number>();
  return (socket, received) => {
    const { whole } = countRequests(received);
    for (let index = answered.get(socket) ?? 0; index < whole.length; index += 1) {
      answered.set(socket, index + 1);
      socket.write(respond(index, whole[index]?.method ?? ''), 'latin1');
    }
  };
}
