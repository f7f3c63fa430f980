import { connect, type Socket } from 'node:net';
import type { TestContext } from 'node:test';
import { connect as connectTls } from 'node:tls';
import { dial } from '../../src/net/dial.ts';
import { createTcpServer, openListener } from '../../src/net/listener.ts';
import { address, openProxy, type TestProxyOptions } from './proxy.ts';
import { openClient, openDestination } from './sockets.ts';

/** What OpenSSL sends first for a server name. */
export async function openSslHello(servername?: string): Promise<Buffer> {
  const received = Promise.withResolvers<Buffer>();
  const listener = await openListener(
    createTcpServer((socket) => socket.once('data', received.resolve)),
    0,
    () => {},
  );
  const socket = connectTls({ socket: connect(listener.port, '127.0.0.1'), ...(servername === undefined ? {} : { servername }) });
  socket.on('error', () => {});
  const bytes = await received.promise;
  socket.destroy();
  await listener.close(AbortSignal.abort());
  return bytes;
}

/** Addresses of `good.example`, public as far as the rules see. */
export const named = { IPv4: '192.0.2.7', IPv6: '2001:db8::7' } as const;

/** An alert record: access_denied (RFC 8446 6.2). */
export const accessDenied = '\x15\x03\x03\x00\x02\x02\x31';

/** What a tunnel is to be. */
export interface TlsTunnelOptions extends Partial<TestProxyOptions> {
  readonly host?: string;
  readonly family?: keyof typeof named;
  /** What the destination says at once. */
  readonly banner?: string;
  /** Gets the socket of the destination. */
  readonly serve?: (socket: Socket) => void;
}

/** A tunnel to `good.example`; the dial goes to a destination here. */
export async function openTlsTunnel(
  t: TestContext,
  { host = 'good.example', family = 'IPv4', banner = 'banner', serve, ...options }: TlsTunnelOptions = {},
) {
  const destination = await openDestination(t, (socket) => {
    socket.write(banner);
    serve?.(socket);
  });
  const proxy = await openProxy(t, {
    rules: ['good.example', '!bad.friends.example', '*.friends.example'],
    hosts: { 'good.example': [named[family]] },
    dial: (_address, port, dialOptions) => dial(address('127.0.0.2'), port, dialOptions),
    ...options,
  });
  const client = await openClient(t, proxy.port);
  client.socket.write(`CONNECT ${host}:${destination.port} HTTP/1.1\r\nHost: x\r\n\r\n`);
  // Its bytes flow while the client's are held.
  await client.waitFor(`\r\n\r\n${banner}`);
  return { destination, proxy, client };
}
