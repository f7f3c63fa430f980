import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer, Socket } from 'node:net';
import { test } from 'node:test';
import { parseSettings } from '../config/parse-settings.ts';
import { fromOctets } from '../net/ip-address.ts';
import { ClientConnection } from './client-connection.ts';
import { ClientRequest } from './client-request.ts';
import { ResponseRelay } from './response-relay.ts';
import { UpstreamConnection } from './upstream-connection.ts';

const address = fromOctets([192, 0, 2, 1]);
const rule = { variable: 'LIST', line: 1, text: '*', action: 'allow', pattern: { kind: 'any' } } as const;

test('ResponseRelay: an upstream that breaks off while the connection of its client is shutting down leaves no descriptor behind', async (t) => {
  const accepted = Promise.withResolvers<Socket>();
  const server = createServer({ allowHalfOpen: true }, accepted.resolve).listen(0, '127.0.0.1');
  t.after(() => server.close());
  await once(server, 'listening');
  const bound = server.address();
  assert.ok(bound !== null && typeof bound === 'object');
  const client = connect({ port: bound.port, host: '127.0.0.1', allowHalfOpen: true });
  t.after(() => client.destroy());
  client.on('error', () => {});
  const socket = await accepted.promise;
  const { value: settings } = parseSettings({});
  assert.ok(settings);
  const connection = new ClientConnection(socket, '127.0.0.1', settings, {
    serve: async () => {},
    onFailure: () => {},
    onIdle: () => {},
    closing: () => false,
  });
  const request = new ClientRequest(connection, { method: 'GET', target: 'http://x/', version: '1.1', fields: ['Host', 'x'] });
  const upstream = new UpstreamConnection(new Socket(), { outcome: 'allow', address, rule }, 80, 1_000);
  const relay = new ResponseRelay(request, upstream, { via: '1.1 x', keepAlive: 60, closing: () => false, onBytes: () => {} });
  relay.onHead({ status: 200, reason: 'OK', version: '1.1', fields: ['Content-Length', '5'] });
  relay.onRead();
  const closed = once(socket, 'close');
  socket.end();
  relay.onError(new Error('the destination reset the connection'));
  assert.equal((await relay.end).kind, 'cut');
  await closed;
});
