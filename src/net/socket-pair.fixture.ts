import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer, Socket } from 'node:net';
import type { TestContext } from 'node:test';

/** For tests: two ends of a connection over loopback, which allow half-open and are closed when the test ends. */
export async function openPair(t: TestContext): Promise<{ socket: Socket; peer: Socket }> {
  const server = createServer({ allowHalfOpen: true }).listen(0, '127.0.0.1');
  t.after(() => server.close());
  await once(server, 'listening');
  const address = server.address();
  assert.ok(address !== null && typeof address === 'object');
  const socket = connect({ port: address.port, host: '127.0.0.1', allowHalfOpen: true });
  const [[peer]] = await Promise.all([once(server, 'connection'), once(socket, 'connect')]);
  assert.ok(peer instanceof Socket);
  for (const end of [socket, peer]) {
    end.on('error', () => {});
    t.after(() => end.destroy());
  }
  return { socket, peer };
}

/** Everything that comes up to the end, an octet for each character (latin1). */
export async function readAll(socket: Socket): Promise<string> {
  let text = '';
  for await (const chunk of socket) text += chunk.toString('latin1');
  return text;
}
