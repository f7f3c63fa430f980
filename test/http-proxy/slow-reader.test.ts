import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { forms } from './forms.ts';
import { heldBytes, mostHeld, startSending } from './held-bytes.ts';
import { openProxy } from './proxy.ts';
import { openClient, openDestination, until } from './sockets.ts';

/** More than the kernel holds between a sender and a reader who does not read. */
const size = 64 * 1024 * 1024;

suite('a reader who does not read', { concurrency: true }, () => {
  for (const { title, host, rule, method, head } of forms) {
    test(`${title}: a client that does not read holds its destination`, async (t) => {
      const destination = await openDestination(t, (socket) => {
        socket.once('data', () => {
          if (method === 'GET') socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${size}\r\n\r\n`);
        });
      });
      const proxy = await openProxy(t, { rules: [rule] });
      const client = await openClient(t, proxy.port, { host });
      client.socket.pause();
      client.socket.write(`${head(destination.port)}\r\n`);
      if (method === 'CONNECT') client.socket.write('go');
      await until(() => destination.received() !== '');
      const [upstream] = destination.sockets;
      assert.ok(upstream);
      const sender = startSending(upstream, size);
      const held = await heldBytes(sender, [proxy.port, destination.port]);
      assert.ok(held < mostHeld && sender.taken() < size, `${held} held of ${sender.taken()}`);
      let down = 0;
      client.socket.on('data', (chunk) => {
        down += chunk.length;
      });
      client.socket.resume();
      await until(() => down >= size);
    });

    test(`${title}: a destination that does not read holds its client`, async (t) => {
      const destination = await openDestination(t, (socket) => socket.pause());
      const proxy = await openProxy(t, { rules: [rule] });
      const client = await openClient(t, proxy.port, { host });
      client.socket.write(`${head(destination.port).replace('GET', 'PUT')}${method === 'GET' ? `Content-Length: ${size}\r\n` : ''}\r\n`);
      if (method === 'CONNECT') await client.waitFor('HTTP/1.1 200');
      const sender = startSending(client.socket, size);
      await until(() => destination.sockets.length === 1);
      const held = await heldBytes(sender, [proxy.port, destination.port]);
      assert.ok(held < mostHeld && sender.taken() < size, `${held} held of ${sender.taken()}`);
      destination.sockets[0]?.resume();
      await until(() => sender.taken() === size);
    });
  }
});
