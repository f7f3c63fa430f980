import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { test } from 'node:test';
import { forms } from './forms.ts';
import { openProxy } from './proxy.ts';
import { openClient, openDestination, statusOf, until } from './sockets.ts';

const rules = ['127.0.0.2'];
const ok = 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello';

test('draining: close stops accepting, lets requests finish and tells their clients, and ends idle connections', async (t) => {
  const destination = await openDestination(t);
  const proxy = await openProxy(t, { rules });
  const [busy, idle, fresh] = await Promise.all([openClient(t, proxy.port), openClient(t, proxy.port), openClient(t, proxy.port)]);
  idle.socket.write('GET http://192.0.2.1/ HTTP/1.1\r\nHost: x\r\n\r\n');
  await idle.waitFor('no line of LIST allows it');
  busy.socket.write(`GET http://${destination.authority}/ HTTP/1.1\r\nHost: x\r\n\r\n`);
  await until(() => destination.received().includes('\r\n\r\n'));
  const closed = proxy.close(new AbortController().signal);
  const refused = connect({ port: proxy.port, host: '127.0.0.1' });
  assert.equal((await once(refused, 'error'))[0].code, 'ECONNREFUSED');
  await Promise.all([idle.end(), fresh.end()]);
  idle.socket.end();
  fresh.socket.end();
  destination.sockets[0]?.write(ok);
  assert.match(await busy.end(), /\r\nConnection: close\r\n\r\nhello$/);
  busy.socket.end();
  await closed;
});

test('draining: close resets what is left when its signal aborts', async (t) => {
  const destination = await openDestination(t);
  const proxy = await openProxy(t, { rules });
  const client = await openClient(t, proxy.port);
  client.socket.write(`CONNECT ${destination.authority} HTTP/1.1\r\nHost: x\r\n\r\n`);
  await client.waitFor('200');
  const grace = new AbortController();
  const closed = proxy.close(grace.signal);
  grace.abort();
  await closed;
  await client.end();
  assert.equal(client.wasReset(), true);
});

for (const { family, host, name, head } of forms.filter(({ method }) => method === 'GET')) {
  for (const [what, asked, status] of [
    ['a denial', 'denied.example', 403],
    ['a failure', 'nosuch.example', 503],
  ] as const) {
    test(`draining: ${what} says that its connection ends, which it does (${family})`, async (t) => {
      const found = Promise.withResolvers<void>();
      const proxy = await openProxy(t, {
        rules: ['!192.0.2.1', '*'],
        hosts: { 'denied.example': ['192.0.2.1'] },
        lookUp: () => found.promise,
      });
      const client = await openClient(t, proxy.port, { host });
      client.socket.write(`${head(80).replace(name, asked)}\r\n`);
      await until(() => proxy.lookedUp.length === 1);
      const closed = proxy.close(new AbortController().signal);
      found.resolve();
      const response = await client.end();
      assert.equal(statusOf(response), status);
      assert.match(response, /\r\nConnection: close\r\n/);
      client.socket.end();
      await closed;
    });
  }
}
