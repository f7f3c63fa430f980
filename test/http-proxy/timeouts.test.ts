import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { openDeafListener } from '../../src/net/deaf-listener.fixture.ts';
import { forms } from './forms.ts';
import { openProxy } from './proxy.ts';
import { answer, openClient, openDestination, statusOf } from './sockets.ts';

const ok = 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello';

suite('timeouts, by either form and family', { concurrency: true }, () => {
  for (const { title, family, host, rule, method, head } of forms) {
    test(`${title}: a head that comes too slowly is 408, closed, and logged`, async (t) => {
      const destination = await openDestination(t);
      const proxy = await openProxy(t, { rules: [rule], settings: { httpHeaderTimeout: 300 } });
      const client = await openClient(t, proxy.port, { host });
      const rest = head(destination.port);
      let sent = 0;
      // A byte now and then is no progress.
      const drip = setInterval(() => client.socket.write(rest.charAt(sent++)), 20);
      t.after(() => clearInterval(drip));
      const response = await client.end();
      assert.equal(statusOf(response), 408);
      assert.match(response, /\r\nConnection: close\r\n/);
      assert.equal((await proxy.waitForLine({ status: 408, client: host })).reason, 'the request head took too long');
      assert.equal(destination.sockets.length, 0);
    });

    test(`${title}: a destination that does not let itself be connected is 504 after the connect timeout`, async (t) => {
      const deaf = await openDeafListener(family === 'ipv4' ? '127.0.0.1' : '::1');
      t.after(() => deaf.close());
      const proxy = await openProxy(t, { rules: ['127.0.0.1', '::1'], settings: { connectTimeout: 200 } });
      const client = await openClient(t, proxy.port, { host });
      client.socket.write(`${head(deaf.port).replace('127.0.0.2', '127.0.0.1')}\r\n`);
      await client.waitFor('error=connection_timeout');
      assert.equal(statusOf(client.received()), 504);
      const line = await proxy.waitForLine({ status: 504 });
      assert.ok(Number(line.durationMs) >= 190, `${line.durationMs}`);
    });

    test(`${title}: without a byte for the idle timeout it ends, and the log says why`, async (t) => {
      const destination = await openDestination(t);
      const proxy = await openProxy(t, { rules: [rule], settings: { idleTimeout: 150 } });
      const client = await openClient(t, proxy.port, { host });
      client.socket.write(`${head(destination.port)}\r\n`);
      const reason = method === 'CONNECT' ? 'idle' : 'the destination does not answer';
      await proxy.waitForLine({ reason });
      await client.waitFor(method === 'CONNECT' ? 'HTTP/1.1 200' : 'HTTP/1.1 504');
    });

    // CONNECT ends its connection.
    if (method === 'CONNECT') continue;
    test(`${title}: a connection that rests behind an answer is closed after the keep-alive timeout, and the log says why`, async (t) => {
      const destination = await openDestination(t, answer(ok));
      const proxy = await openProxy(t, { rules: [rule], settings: { httpKeepAliveTimeout: 200 } });
      const client = await openClient(t, proxy.port, { host });
      client.socket.write(`${head(destination.port)}\r\n`);
      await client.waitFor('hello');
      await client.end();
      await proxy.waitForLine({ level: 'debug', reason: 'no request within the keep-alive timeout' });
    });
  }
});
