import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { forms } from './forms.ts';
import { openProxy } from './proxy.ts';
import { openClient, openDestination, until } from './sockets.ts';

suite('half-close', () => {
  for (const { title, host, rule, method, head } of forms) {
    test(`${title}: a client that has finished sending still gets what its destination says late`, async (t) => {
      const destination = await openDestination(t);
      const proxy = await openProxy(t, { rules: [rule] });
      const client = await openClient(t, proxy.port, { host });
      client.socket.write(`${head(destination.port)}\r\n`);
      if (method === 'CONNECT') await client.waitFor('HTTP/1.1 200');
      client.socket.end(method === 'CONNECT' ? 'last words' : '');
      await until(() => destination.received() !== '');
      const [upstream] = destination.sockets;
      assert.ok(upstream);
      // In a tunnel the end is the client's to tell; a request has ended before.
      if (method === 'CONNECT') await until(() => upstream.readableEnded);
      upstream.end(method === 'CONNECT' ? 'late reply' : 'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nlate reply');
      assert.match(await client.end(), /\r\n\r\nlate reply$/);
      await proxy.waitForLine({ status: 200, decision: 'allow' });
    });

    test(`${title}: a destination that has finished sending still gets what its client says late`, async (t) => {
      const destination = await openDestination(t, (socket) => {
        if (method === 'CONNECT') socket.end('early');
        else socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nearly'));
      });
      const proxy = await openProxy(t, { rules: [rule] });
      const client = await openClient(t, proxy.port, { host });
      client.socket.write(`${head(destination.port)}\r\n`);
      await client.waitFor('early');
      if (method === 'CONNECT') await client.end();
      // Absolute form: the next request on the connection is served, by another connection to the destination.
      client.socket.end(method === 'CONNECT' ? 'late' : `${head(destination.port)}Late: yes\r\n\r\n`);
      await until(() => /late/i.test(destination.received()));
      await client.end();
    });
  }
});
