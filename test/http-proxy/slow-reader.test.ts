import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import { suite, test } from 'node:test';
import { forms } from './forms.ts';
import { openProxy } from './proxy.ts';
import { openClient, openDestination, until } from './sockets.ts';

const size = 32 * 1024 * 1024;

/** What the kernel and the proxy may hold between a sender and a reader who does not read: far less than is sent. */
const mostHeld = size / 2;

/** Waits until a sender gets no further, and tells how much of it has been taken. */
async function taken(sender: Socket): Promise<number> {
  for (let before = -1; ; ) {
    const now = sender.bytesWritten - sender.writableLength;
    if (now === before) return now;
    before = now;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

suite('a reader who does not read', { concurrency: true }, () => {
  for (const { title, host, rule, method, head } of forms) {
    test(`${title}: a client that does not read holds its destination`, async (t) => {
      const destination = await openDestination(t, (socket) => {
        socket.once('data', () => {
          if (method === 'GET') socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${size}\r\n\r\n`);
          socket.write(Buffer.alloc(size));
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
      assert.ok((await taken(upstream)) < mostHeld);
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
      client.socket.write(Buffer.alloc(size));
      await until(() => destination.sockets.length === 1);
      assert.ok((await taken(client.socket)) < mostHeld);
      destination.sockets[0]?.resume();
      await until(() => client.socket.writableLength === 0);
    });
  }
});
