import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openProxy } from './proxy.ts';
import { answer, exchange, openClient, openDestination, statusOf, until } from './sockets.ts';

const rules = ['127.0.0.2'];
const ok = 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello';

test('Max-Forwards: OPTIONS and TRACE are counted down, and other methods are not', async (t) => {
  const destination = await openDestination(t, answer(ok));
  const proxy = await openProxy(t, { rules });
  const client = await openClient(t, proxy.port);
  for (const [index, method] of ['OPTIONS', 'TRACE', 'GET'].entries()) {
    client.socket.write(`${method} http://${destination.authority}/p HTTP/1.1\r\nHost: x\r\nMax-Forwards: 3\r\n\r\n`);
    await until(() => client.received().match(/hello/g)?.length === index + 1);
  }
  assert.deepEqual(
    [...destination.received().matchAll(/^(\w+) \/p HTTP\/1\.1\r\n.*?\r\nMax-Forwards: (\d+)\r\n/gms)].map(([, method, left]) => [
      method,
      left,
    ]),
    [
      ['OPTIONS', '2'],
      ['TRACE', '2'],
      ['GET', '3'],
    ],
  );
});

test('Max-Forwards: at zero the proxy answers itself, TRACE with the request but for its credentials', async (t) => {
  const destination = await openDestination(t, answer(ok));
  const proxy = await openProxy(t, { rules });
  const fields = 'Host: x\r\nMax-Forwards: 0\r\nX: y\r\nCookie: mine\r\nAuthorization: mine\r\nProxy-Authorization: mine\r\n\r\n';
  const client = await openClient(t, proxy.port);
  client.socket.write(`OPTIONS http://${destination.authority}/ HTTP/1.1\r\n${fields}`);
  await client.waitFor('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n');
  client.socket.write(`TRACE http://${destination.authority}/ HTTP/1.1\r\n${fields}`);
  await client.waitFor('\r\nContent-Type: message/http\r\n');
  await client.waitFor(`\r\n\r\nTRACE http://${destination.authority}/ HTTP/1.1\r\nHost: x\r\nMax-Forwards: 0\r\nX: y\r\n\r\n`);
  assert.doesNotMatch(client.received(), /mine/);
  assert.equal(destination.sockets.length, 0);
  assert.equal((await proxy.waitForLine({ method: 'TRACE' })).status, 200);
});

test('Max-Forwards: the access list decides first, and what is no number is 400', async (t) => {
  const proxy = await openProxy(t, { rules });
  const ask = async (host: string, value: string) =>
    statusOf(await exchange(t, proxy.port, `OPTIONS http://${host}/ HTTP/1.1\r\nHost: x\r\nMax-Forwards: ${value}\r\n\r\n`));
  assert.equal(await ask('192.0.2.1', '0'), 403);
  assert.equal(await ask('127.0.0.2', '-1'), 400);
});

test('OPTIONS: without a path it asks about the server, and arrives as OPTIONS *', async (t) => {
  const destination = await openDestination(t, answer(ok));
  const proxy = await openProxy(t, { rules });
  const client = await openClient(t, proxy.port);
  client.socket.write(`OPTIONS http://${destination.authority} HTTP/1.1\r\nHost: x\r\n\r\n`);
  await client.waitFor('hello');
  client.socket.end(`OPTIONS http://${destination.authority}/ HTTP/1.1\r\nHost: x\r\n\r\n`);
  await client.end();
  assert.deepEqual(destination.received().match(/^\w+ \S+ HTTP\/1\.1$/gm), ['OPTIONS * HTTP/1.1', 'OPTIONS / HTTP/1.1']);
  assert.equal(statusOf(await exchange(t, proxy.port, 'OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n')), 400);
});
