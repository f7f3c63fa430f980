import assert from 'node:assert/strict';
import { test } from 'node:test';
import { forms } from './forms.ts';
import { openProxy } from './proxy.ts';
import { answer, openClient, openDestination, statusOf } from './sockets.ts';
import { switching, upgrade } from './upgrade.ts';

const asWebSocket = 'Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n';
const switches: [what: string, response: string, error: string][] = [
  ['bytes before 101', `hello HTTP/1.1 101 Switching Protocols\r\n${asWebSocket}`, 'http_protocol_error'],
  ['a line before 101', `x\r\nHTTP/1.1 101 Switching Protocols\r\n${asWebSocket}`, 'http_protocol_error'],
  ['101 to another protocol', 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n', 'http_protocol_error'],
  ['101 that names no protocol', 'HTTP/1.1 101 Switching Protocols\r\n\r\n', 'http_protocol_error'],
  ['101 in HTTP/1.0', `HTTP/1.0 101 Switching Protocols\r\n${asWebSocket}`, 'http_protocol_error'],
  ['half of 101', 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n', 'connection_terminated'],
];

for (const { family, host, name, rule } of forms.filter(({ method }) => method === 'GET')) {
  for (const [what, response, error] of switches) {
    test(`switching protocols: ${what} opens no tunnel (${family})`, async (t) => {
      const destination = await openDestination(t, (socket) => socket.once('data', () => socket.end(response, 'latin1')));
      const proxy = await openProxy(t, { rules: [rule] });
      const client = await openClient(t, proxy.port, { host });
      client.socket.end(`${upgrade(`${name}:${destination.port}`)}smuggled`);
      const received = await client.end();
      assert.equal(statusOf(received), 502, received);
      assert.match(received, new RegExp(`error=${error};`));
      assert.doesNotMatch(destination.received(), /smuggled/);
    });
  }

  test(`switching protocols: 101 that nobody asked for is 502 (${family})`, async (t) => {
    const destination = await openDestination(t, answer(switching));
    const proxy = await openProxy(t, { rules: [rule] });
    const client = await openClient(t, proxy.port, { host });
    client.socket.write(`GET http://${name}:${destination.port}/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);
    assert.equal(statusOf(await client.end()), 502);
  });

  test(`switching protocols: what comes before 101 as an informational response goes on, and the length of 101 does not (${family})`, async (t) => {
    const destination = await openDestination(
      t,
      answer(`HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 101 Switching Protocols\r\nContent-Length: 9\r\n${asWebSocket}hello`),
    );
    const proxy = await openProxy(t, { rules: [rule] });
    const client = await openClient(t, proxy.port, { host });
    client.socket.write(upgrade(`${name}:${destination.port}`));
    await client.waitFor('hello');
    assert.match(client.received(), /^HTTP\/1\.1 100 Continue\r\n(.*\r\n)*\r\nHTTP\/1\.1 101 Switching Protocols\r\n(.*\r\n)*\r\nhello$/);
    assert.doesNotMatch(client.received(), /Content-Length/);
  });
}
