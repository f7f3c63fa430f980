import { connect, type Server, type Socket } from 'node:net';
import type { TestContext } from 'node:test';
import { createTcpServer, openListener } from './listener.ts';
import { type SpliceOptions, splice } from './splice.ts';

/** For tests: `client` and `destination` are the far ends of the two sockets that are spliced. */
export async function spliced(t: TestContext, options: Partial<SpliceOptions> = {}) {
  const clientPair = await socketPair(t);
  const upstreamPair = await socketPair(t);
  const result = splice(clientPair.accepted, upstreamPair.far, { idleTimeout: 10_000, ...options });
  return { client: clientPair.far, destination: upstreamPair.accepted, near: clientPair.accepted, upstream: upstreamPair.far, result };
}

/** For tests: two ends of a connection, which allow half-open. */
export async function socketPair(t: TestContext) {
  const accepted = Promise.withResolvers<Socket>();
  const server: Server = createTcpServer(accepted.resolve);
  const listener = await openListener(server, 0, () => {});
  t.after(() => listener.close(AbortSignal.abort()));
  const far = connect({ port: listener.port, host: '127.0.0.1', allowHalfOpen: true, noDelay: true });
  far.on('error', () => {});
  t.after(() => far.destroy());
  return { far, accepted: await accepted.promise };
}

/** For tests: everything up to the end; the socket stays open. */
export async function readAll(socket: Socket): Promise<string> {
  let text = '';
  for await (const chunk of socket.iterator({ destroyOnReturn: false })) text += chunk;
  return text;
}
