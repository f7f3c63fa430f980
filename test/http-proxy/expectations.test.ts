import assert from 'node:assert/strict';
import { test } from 'node:test';
import { forms } from './forms.ts';
import { openProxy } from './proxy.ts';
import { answer, openClient, openDestination, statusOf } from './sockets.ts';

const rules = ['127.0.0.2'];
const ok = 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello';

for (const { title, host, rule, head } of forms) {
  test(`Expect: what is not 100-continue is 417, and in HTTP/1.0 none is looked at (${title})`, async (t) => {
    const destination = await openDestination(t, answer(ok));
    const proxy = await openProxy(t, { rules: [rule] });
    for (const value of ['200-ok', '100-continue, x', 'x=100-continue']) {
      const client = await openClient(t, proxy.port, { host });
      client.socket.write(`${head(destination.port)}Expect: ${value}\r\nConnection: close\r\n\r\n`);
      assert.equal(statusOf(await client.end()), 417, value);
    }
    assert.equal(destination.sockets.length, 0);
    const old = await openClient(t, proxy.port, { host });
    old.socket.write(`${head(destination.port).replace('HTTP/1.1', 'HTTP/1.0')}Expect: 200-ok\r\n\r\n`);
    await old.waitFor('HTTP/1.1 200');
  });
}

test('Expect: 100-continue is answered once the upstream is connected, and not forwarded', async (t) => {
  const destination = await openDestination(t, (socket) => socket.on('data', (chunk) => chunk.includes('abc') && socket.write(ok)));
  const proxy = await openProxy(t, { rules });
  const client = await openClient(t, proxy.port);
  client.socket.write(`PUT http://${destination.authority}/ HTTP/1.1\r\nHost: x\r\nExpect: 100-Continue\r\nContent-Length: 3\r\n\r\n`);
  await client.waitFor('HTTP/1.1 100 Continue\r\n\r\n');
  assert.equal(destination.sockets.length, 1);
  client.socket.write('abc');
  await client.waitFor('hello');
  assert.doesNotMatch(destination.received(), /expect/i);
});

test('Expect: 100-continue of a denied request gets the denial and no 100', async (t) => {
  const proxy = await openProxy(t, { rules });
  const client = await openClient(t, proxy.port);
  client.socket.write('PUT http://192.0.2.1/ HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n');
  const response = await client.end();
  assert.equal(statusOf(response), 403);
  assert.match(response, /\r\nConnection: close\r\n/);
});
