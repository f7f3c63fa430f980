import type { Socket } from 'node:net';
import type { TestContext } from 'node:test';
import { openPair } from './socket-pair.fixture.ts';
import { type SpliceOptions, splice } from './splice.ts';

/** For tests: `client` and `destination` are the far ends of the two sockets that are spliced. */
export async function spliced(t: TestContext, options: Partial<SpliceOptions> = {}) {
  const { socket: client, peer: near } = await openPair(t);
  const { socket: upstream, peer: destination } = await openPair(t);
  const result = splice(near, upstream, { idleTimeout: 10_000, ...options });
  return { client, destination, near, upstream, result };
}

/** For tests: everything up to the end; the socket stays open. */
export async function readAll(socket: Socket): Promise<string> {
  let text = '';
  for await (const chunk of socket.iterator({ destroyOnReturn: false })) text += chunk;
  return text;
}
