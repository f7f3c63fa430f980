import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { test } from 'node:test';
import { forms } from './forms.ts';
import { openProxy } from './proxy.ts';
import { answer, exchange, openClient, openDestination, statusOf } from './sockets.ts';

const ok = 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello';

for (const { title, host, name, rule, head } of forms) {
  test(`loops: a request that carries our own Via is 403 (${title})`, async (t) => {
    const destination = await openDestination(t, answer(ok));
    const proxy = await openProxy(t, { rules: [rule] });
    await exchange(t, proxy.port, `GET http://${name}:${destination.port}/ HTTP/1.0\r\n\r\n`);
    const own = /via: 1\.0 (egress-router-\S+)/i.exec(destination.received())?.[1];
    assert.ok(own);
    for (const via of [`1.1 ${own}`, `1.1 other, 1.1 ${own}`, `1.1 ${own} (comment), 1.0 other`]) {
      const client = await openClient(t, proxy.port, { host });
      client.socket.write(`${head(destination.port)}Via: ${via}\r\nConnection: close\r\n\r\n`);
      const response = await client.end();
      assert.equal(statusOf(response), 403, via);
      assert.match(response, /error=proxy_loop_detected/);
    }
    assert.equal(destination.sockets.length, 1);
  });
}

test('loops: two routers in a row are none, since each has an id of its own', async (t) => {
  const destination = await openDestination(t, answer(ok));
  const second = await openProxy(t, { rules: ['127.0.0.2'] });
  // To a proxy behind it a router speaks as to every destination, so somebody between them has to say where to go on.
  const between = await openDestination(t, (socket) => {
    const onward = connect({ port: second.port, host: '127.0.0.1' });
    t.after(() => onward.destroy());
    socket.once('data', (chunk) => onward.write(chunk.toString('latin1').replace('GET /', `GET http://${destination.authority}/`)));
    onward.pipe(socket);
  });
  const first = await openProxy(t, { rules: ['127.0.0.2'] });
  const response = await exchange(t, first.port, `GET http://${between.authority}/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);
  assert.equal(statusOf(response), 200, response);
  const [, ...ids] = /\r\nVia: 1\.1 (egress-router-\S+)\r\nVia: 1\.1 (egress-router-\S+)\r\n/.exec(destination.received()) ?? [];
  assert.equal(new Set(ids).size, 2);
});
