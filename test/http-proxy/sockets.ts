import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import type { TestContext } from 'node:test';
import { createTcpServer, openListener } from '../../src/net/listener.ts';

/** A destination that keeps what it gets. */
export interface Destination {
  readonly host: string;
  readonly port: number;
  /** `HOST:PORT`. */
  readonly authority: string;
  /** Sockets in the order in which they came. */
  readonly sockets: readonly Socket[];
  /** Everything that arrived, over all connections. */
  received(): string;
}

/**
 * Listens on every loopback address and answers as `serve` says, which gets each socket; without it, it answers nothing. Tests dial it as
 * 127.0.0.2, which is not the address of any interface and which a rule must name.
 */
export async function openDestination(t: TestContext, serve: (socket: Socket) => void = () => {}): Promise<Destination> {
  const sockets: Socket[] = [];
  let text = '';
  const listener = await openListener(
    createTcpServer((socket) => {
      sockets.push(socket);
      socket.on('data', (chunk) => {
        text += chunk.toString('latin1');
      });
      serve(socket);
    }),
    0,
    () => {},
  );
  t.after(() => listener.close(AbortSignal.abort()));
  const host = '127.0.0.2';
  return { host, port: listener.port, authority: `${host}:${listener.port}`, sockets, received: () => text };
}

/** A serve function: answers every request head with these bytes, and then does `then`. Bodies of requests are not looked for. */
export function answer(response: string, then: (socket: Socket) => void = () => {}): (socket: Socket) => void {
  return (socket) => {
    let head = '';
    socket.on('data', (chunk: Buffer) => {
      head += chunk.toString('latin1');
      if (!head.includes('\r\n\r\n')) return;
      head = '';
      socket.write(response, 'latin1');
      then(socket);
    });
  };
}

/** A client's socket, with what came back so far. */
export interface Client {
  readonly socket: Socket;
  received(): string;
  /** Waits until this is part of what came back. */
  waitFor(text: string): Promise<void>;
  /** Waits until the other side has finished or reset, and says what came back. */
  end(): Promise<string>;
  /** Whether the connection was reset. */
  wasReset(): boolean;
}

/** Connects to the proxy. The socket is destroyed when the test ends. */
export async function openClient(t: TestContext, port: number): Promise<Client> {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true, noDelay: true });
  t.after(() => socket.destroy());
  let text = '';
  let reset = false;
  const ended = Promise.withResolvers<void>();
  const waiting = new Set<() => void>();
  const look = () => {
    for (const each of waiting) each();
  };
  socket.on('data', (chunk) => {
    text += chunk.toString('latin1');
    look();
  });
  socket.on('error', () => {
    reset = true;
  });
  socket.once('end', ended.resolve);
  socket.once('close', () => {
    ended.resolve();
    look();
  });
  await once(socket, 'connect');
  return {
    socket,
    received: () => text,
    wasReset: () => reset,
    async end() {
      await ended.promise;
      return text;
    },
    waitFor: (part) =>
      new Promise((resolve, reject) => {
        const check = () => {
          if (text.includes(part)) resolve();
          else if (socket.destroyed) reject(new Error(`closed without ${JSON.stringify(part)}, but with ${JSON.stringify(text)}`));
          else return;
          waiting.delete(check);
        };
        waiting.add(check);
        check();
      }),
  };
}

/** Sends these bytes (latin1) on a connection of their own, finishes sending, and returns all that comes back. */
export async function exchange(t: TestContext, port: number, bytes: string): Promise<string> {
  const client = await openClient(t, port);
  client.socket.end(bytes, 'latin1');
  return client.end();
}

/** The status code of a response. */
export function statusOf(response: string): number {
  return Number(/^HTTP\/1\.1 (\d{3}) /.exec(response)?.[1]);
}

/** Waits until this holds; for what has no event. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5));
}
