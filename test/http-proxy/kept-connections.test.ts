import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import { test } from 'node:test';
import { hasBacklog } from '../../src/net/batched-writes.ts';
import { openProxy, recordingDial } from './proxy.ts';
import { answer, openClient, openDestination, statusOf, until } from './sockets.ts';

const rules = ['127.0.0.2'];
const ok = (body: string) => `HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`;

const bodiless: [what: string, method: string, status: string][] = [
  ['has answered HEAD', 'HEAD', '200 OK'],
  ['has answered 204 with a Content-Length', 'GET', '204 No Content'],
  ['has answered 304 with a Content-Length', 'GET', '304 Not Modified'],
];
for (const [what, method, status] of bodiless) {
  test(`kept connections: one that ${what} is not used again, since some servers send a body behind`, async (t) => {
    const destination = await openDestination(t, (socket) => {
      socket.on('data', (chunk) => {
        if (!String(chunk).includes(' /first ')) {
          setTimeout(() => socket.write(ok('good')), 50);
          return;
        }
        const late = ok('poison');
        socket.write(`HTTP/1.1 ${status}\r\nContent-Length: ${late.length}\r\n\r\n`);
        setTimeout(() => socket.write(late), 20);
      });
    });
    const proxy = await openProxy(t, { rules });
    const [first, second] = [await openClient(t, proxy.port), await openClient(t, proxy.port)];
    first.socket.write(`${method} http://${destination.authority}/first HTTP/1.1\r\nHost: x\r\n\r\n`);
    await first.waitFor('\r\n\r\n');
    second.socket.write(`GET http://${destination.authority}/ HTTP/1.1\r\nHost: x\r\n\r\n`);
    await second.waitFor('good');
    assert.doesNotMatch(second.received(), /poison/);
  });
}

for (const status of ['204 No Content', '204 No Content\r\nContent-Length: 0', '304 Not Modified']) {
  test(`kept connections: one that has answered ${JSON.stringify(status)} is used again`, async (t) => {
    const destination = await openDestination(t, answer(`HTTP/1.1 ${status}\r\n\r\n`));
    const proxy = await openProxy(t, { rules });
    for (let turn = 0; turn < 2; turn++) {
      const client = await openClient(t, proxy.port);
      client.socket.write(`GET http://${destination.authority}/ HTTP/1.1\r\nHost: x\r\n\r\n`);
      await client.waitFor('\r\n\r\n');
      await proxy.waitForLine({ msg: 'request' });
    }
    assert.equal(destination.sockets.length, 1);
  });
}

test('kept connections: one on which a body has not left altogether is not used again', async (t) => {
  let answer = () => {};
  const destination = await openDestination(t, (socket) => {
    socket.removeAllListeners('data');
    socket.once('data', (chunk) => {
      if (String(chunk).startsWith('GET')) {
        socket.write(ok('fresh'));
        return;
      }
      socket.pause();
      answer = () => socket.write(ok('early'));
    });
  });
  const upstreams: Socket[] = [];
  const proxy = await openProxy(t, { rules, dial: recordingDial(upstreams) });
  const uploader = await openClient(t, proxy.port);
  uploader.socket.write(`POST http://${destination.authority}/ HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n`);
  await until(() => upstreams.length === 1);
  const [upstream] = upstreams;
  assert.ok(upstream);
  for (let sent = 0; !hasBacklog(upstream) && sent < 50_000_000; sent += 16_384) {
    uploader.socket.write(`4000\r\n${'x'.repeat(16_384)}\r\n`);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  uploader.socket.write('0\r\n\r\n');
  await until(() => uploader.socket.writableLength === 0);
  assert.ok(hasBacklog(upstream));
  answer();
  await uploader.waitFor('early');
  const other = await openClient(t, proxy.port);
  other.socket.write(`GET http://${destination.authority}/ HTTP/1.1\r\nHost: x\r\n\r\n`);
  await other.waitFor('fresh');
});

test('kept connections: a request that met a closed one is sent once more, by a new connection, however many are kept', async (t) => {
  let open = true;
  let gets = 0;
  const destination = await openDestination(t, (socket) => {
    socket.on('data', () => {
      gets += 1;
      if (open) setTimeout(() => socket.write(ok('ok')), 50);
      else socket.destroy();
    });
  });
  const proxy = await openProxy(t, { rules });
  const get = `GET http://${destination.authority}/ HTTP/1.1\r\nHost: x\r\n\r\n`;
  const clients = await Promise.all(Array.from({ length: 5 }, () => openClient(t, proxy.port)));
  for (const { socket } of clients) socket.write(get);
  await Promise.all(clients.map((client) => client.waitFor('ok')));
  assert.equal(destination.sockets.length, 5);
  open = false;
  gets = 0;
  const client = await openClient(t, proxy.port);
  client.socket.write(get);
  await client.waitFor('\r\n\r\n');
  assert.equal(statusOf(client.received()), 502);
  assert.equal(gets, 2);
});
