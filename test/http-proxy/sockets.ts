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
  /** What arrived on each of them. */
  readonly texts: readonly string[];
  /** Everything that arrived, over all connections. */
  received(): string;
}

/**
 * Listens on every loopback address and answers as `serve` says, which gets each socket; without it, it answers nothing. Tests dial it as
 * 127.0.0.2, which is not the address of any interface and which a rule must name.
 */
export async function openDestination(t: TestContext, serve: (socket: Socket) => void = () => {}): Promise<Destination> {
  const sockets: Socket[] = [];
  const texts: string[] = [];
  const listener = await openListener(
    createTcpServer((socket) => {
      const index = sockets.push(socket) - 1;
      texts[index] = '';
      socket.on('data', (chunk) => {
        texts[index] += chunk.toString('latin1');
      });
      serve(socket);
    }),
    0,
    () => {},
  );
  t.after(() => listener.close(AbortSignal.abort()));
  const host = '127.0.0.2';
  return { host, port: listener.port, authority: `${host}:${listener.port}`, sockets, texts, received: () => texts.join('') };
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

/** Connects to the proxy, by IPv4 and as 127.0.0.1 unless told otherwise. The socket is destroyed when the test ends. */
export async function openClient(
  t: TestContext,
  port: number,
  how: { readonly host?: string; readonly localAddress?: string } = {},
): Promise<Client> {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true, noDelay: true, ...how });
  t.after(() => socket.destroy());
  let text = '';
  let reset = false;
  let ended = false;
  socket.on('data', (chunk) => {
    text += chunk.toString('latin1');
  });
  socket.on('error', () => {
    reset = true;
  });
  for (const event of ['end', 'close']) {
    socket.once(event, () => {
      ended = true;
    });
  }
  await once(socket, 'connect');
  return {
    socket,
    received: () => text,
    wasReset: () => reset,
    async end() {
      await until(
        () => ended,
        () => JSON.stringify(text),
      );
      return text;
    },
    async waitFor(part) {
      await until(
        () => ended || text.includes(part),
        () => JSON.stringify([part, text]),
      );
      if (!text.includes(part)) throw new Error(`ended without ${JSON.stringify(part)}, but with ${JSON.stringify(text)}`);
    },
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

/** How long anything may take here, in milliseconds; a test that waits longer fails and says for what. */
const patience = 20_000;

/** Waits until this holds; for what has no event. `state` says what is there instead, should it never. */
export async function until(condition: () => boolean, state: () => unknown = () => ''): Promise<void> {
  const deadline = performance.now() + patience;
  while (!condition()) {
    if (performance.now() > deadline) throw new Error(`never: ${condition} ${state()}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** Waits until a count that may go on rising has not changed for 300 ms: who writes is held by back-pressure. */
export async function untilSteady(count: () => number): Promise<void> {
  for (let before = -1; count() !== before; ) {
    before = count();
    await new Promise((resolve) => setTimeout(resolve, 300));
  }
}
