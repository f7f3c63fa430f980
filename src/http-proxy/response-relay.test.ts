import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import { connect, Socket } from 'node:net';
import { test } from 'node:test';
import { Client } from 'undici';
import { fromOctets } from '../net/ip-address.ts';
import { ResponseRelay } from './response-relay.ts';
import type { Upstream } from './upstream-pool.ts';

test('ResponseRelay: an upstream that breaks off while the connection of its client is shutting down leaves no descriptor behind', async (t) => {
  const begun = Promise.withResolvers<ServerResponse>();
  const server = createServer((_request, response) => begun.resolve(response)).listen(0, '127.0.0.1');
  t.after(() => server.close());
  await once(server, 'listening');
  const bound = server.address();
  assert.ok(bound !== null && typeof bound === 'object');
  const client = connect({ port: bound.port, host: '127.0.0.1', allowHalfOpen: true });
  client.on('error', () => {}).write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
  const response = await begun.promise;
  const upstream: Upstream = {
    client: new Client('http://192.0.2.1'),
    socket: new Socket(),
    port: 80,
    allowed: {
      outcome: 'allow',
      address: fromOctets([192, 0, 2, 1]),
      rule: { variable: 'LIST', line: 1, text: '*', action: 'allow', pattern: { kind: 'any' } },
    },
    reused: false,
    broken: false,
    statusLine: { status: 200, version: '1.1' },
  };
  const relay = new ResponseRelay(response, upstream, {
    via: '1.1 x',
    http10: false,
    isLast: () => false,
    onStart: () => {},
    onBytes: () => {},
  });
  response.writeHead(200).flushHeaders();
  const { socket } = response;
  assert.ok(socket);
  const closed = once(socket, 'close');
  socket.end();
  relay.onResponseError(undefined, new Error('the destination reset the connection'));
  assert.equal((await relay.end).kind, 'cut');
  await closed;
});
