import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import bcrypt from 'bcryptjs';
import type { HttpClients } from '../../src/config/router-config.ts';
import { parseUserList } from '../../src/config/user-list.ts';
import { parsePrefix } from '../../src/net/prefix.ts';
import { openProxy } from './proxy.ts';
import { answer, exchange, openClient, openDestination, statusOf, until } from './sockets.ts';

const rules = ['127.0.0.2', '::1'];
const ok = 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello';

function prefixes(...texts: readonly string[]): Pick<HttpClients, 'prefixes'> {
  return { prefixes: texts.flatMap((text) => parsePrefix(text) ?? []) };
}

const admissions: [host: string, destination: string, prefix: string, other: string][] = [
  ['127.0.0.1', '127.0.0.2', '127.0.0.1/32', '127.0.0.2/31'],
  ['::1', '[::1]', '::1/128', '::/128'],
];
for (const [host, name, prefix, other] of admissions) {
  test(`EGRESS_HTTP_PROXY_CLIENTS: a client of none of the prefixes gets 403 for whatever it sends, and nothing is looked up or dialled (${host})`, async (t) => {
    const destination = await openDestination(t, answer(ok));
    const to = `${name}:${destination.port}`;
    const [closed, open] = await Promise.all(
      [other, prefix].map((text) => openProxy(t, { rules, clients: prefixes(text), settings: { httpLingerTimeout: 1_000 } })),
    );
    assert.ok(closed && open);
    const get = `GET http://${to}/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`;
    const connect = `CONNECT ${to} HTTP/1.1\r\nHost: x\r\n\r\n`;
    for (const bytes of [get, connect, 'CONNECT servfail.example:443 HTTP/1.1\r\nHost: x\r\n\r\n', '\x16\x03\x01\0', 'x', get.repeat(3)]) {
      const client = await openClient(t, closed.port, { host });
      client.socket.write(bytes, 'latin1');
      const response = await client.end();
      assert.equal(statusOf(response), 403);
      assert.match(response, new RegExp(`error=http_request_denied; details="the client ${host} is not in EGRESS_HTTP_PROXY_CLIENTS"`));
      assert.equal(response.match(/HTTP\/1\.1/g)?.length, 1);
    }
    assert.deepEqual([destination.sockets.length, closed.lookedUp], [0, []]);
    const denied = closed.lines.filter(({ client, decision, status }) => client === host && decision === 'deny' && status === 403);
    assert.equal(denied.length, 6);
    for (const [bytes, expected] of [
      [get, 'hello'],
      [connect, '200 Connection established'],
    ] as const) {
      const client = await openClient(t, open.port, { host });
      client.socket.write(bytes);
      await client.waitFor(expected);
    }
  });
}

test('EGRESS_HTTP_PROXY_CLIENTS: a client that is not served and says nothing is not waited for', async (t) => {
  const proxy = await openProxy(t, { rules, clients: prefixes('192.0.2.0/24'), settings: { httpLingerTimeout: 100 } });
  const client = await openClient(t, proxy.port);
  assert.equal(await client.end(), '');
  assert.deepEqual(proxy.lines, []);
});

test('EGRESS_HTTP_PROXY_CLIENTS: those who are not served do not shut out those who are, however many they are', async (t) => {
  const destination = await openDestination(t, answer(ok));
  // Room for two clients and one refusal.
  const proxy = await openProxy(t, { rules, clients: prefixes('127.0.0.1/32'), descriptors: { limit: 16, open: 10 } });
  const denied = await Promise.all(Array.from({ length: 20 }, () => openClient(t, proxy.port, { localAddress: '127.0.0.9' })));
  await until(() => denied.filter(({ socket }) => socket.readableEnded || socket.closed).length >= 19);
  const client = await openClient(t, proxy.port);
  client.socket.write(`GET http://${destination.authority}/ HTTP/1.1\r\nHost: x\r\n\r\n`);
  await client.waitFor('hello');
  assert.equal(proxy.lines.filter(({ level }) => level === 'warn').length, 0);
});

const basic = (text: string) => `Proxy-Authorization: Basic ${Buffer.from(text).toString('base64')}\r\n`;

/** A proxy with the user alice, whose password is `secret`. */
async function openWithUsers(t: TestContext) {
  const file = { text: `alice:${bcrypt.hashSync('secret', 4)}\n` };
  const source = { variable: 'USERS', text: file.text };
  const users = { path: '/users', source, users: parseUserList(source).value };
  const proxy = await openProxy(t, { rules, clients: { users }, readFile: () => file.text, settings: { watchInterval: 10 } });
  return { file, proxy };
}

for (const [host, name] of admissions) {
  test(`EGRESS_HTTP_PROXY_USERS_FILE: a request with the password of a user is served, every other is 407 (${host})`, async (t) => {
    const destination = await openDestination(t, answer(ok));
    const { proxy } = await openWithUsers(t);
    const forms = [`GET http://${name}:${destination.port}/`, `CONNECT ${name}:${destination.port}`];
    for (const form of forms) {
      for (const field of [
        '',
        basic('alice:guess'),
        basic('bob:secret'),
        basic('alice:secret').repeat(2),
        'Proxy-Authorization: Bearer x\r\n',
      ]) {
        const client = await openClient(t, proxy.port, { host });
        client.socket.write(`${form} HTTP/1.1\r\nHost: x\r\n${field}\r\n`);
        await client.waitFor('\r\n\r\n');
        assert.equal(statusOf(client.received()), 407);
        assert.match(client.received(), /\r\nProxy-Authenticate: Basic realm="egress-router", charset="UTF-8"\r\n/);
      }
    }
    assert.equal(destination.sockets.length, 0);
    for (const form of forms) {
      const client = await openClient(t, proxy.port, { host });
      client.socket.write(`${form} HTTP/1.1\r\nHost: x\r\nAuthorization: mine\r\n${basic('alice:secret')}\r\n`);
      await client.waitFor('HTTP/1.1 200');
      client.socket.destroy();
    }
    await until(() => destination.received().includes('\r\n\r\n'));
    assert.doesNotMatch(destination.received(), /proxy-authorization/i);
    assert.match(destination.received(), /\r\nAuthorization: mine\r\n/);
    await proxy.waitForLine({ user: 'alice', status: 200 });
    assert.deepEqual(
      proxy.lines.filter(({ status }) => status === 407).map(({ decision, user }) => [decision, user]),
      Array.from({ length: 10 }, () => ['deny', undefined]),
    );
    const log = JSON.stringify(proxy.lines);
    for (const secret of ['secret', 'guess', 'bob', Buffer.from('alice:secret').toString('base64')])
      assert.ok(!log.includes(secret), secret);
  });
}

test('EGRESS_HTTP_PROXY_USERS_FILE: 407 keeps the connection of a request, and the next one with a password is served', async (t) => {
  const destination = await openDestination(t, answer(ok));
  const { proxy } = await openWithUsers(t);
  const client = await openClient(t, proxy.port);
  client.socket.write(`GET http://${destination.authority}/ HTTP/1.1\r\nHost: x\r\n\r\n`);
  await client.waitFor('HTTP/1.1 407');
  client.socket.write(`GET http://${destination.authority}/ HTTP/1.1\r\nHost: x\r\n${basic('alice:secret')}\r\n`);
  await client.waitFor('hello');
});

test('EGRESS_HTTP_PROXY_USERS_FILE: who asks comes before where to, and the framing before both', async (t) => {
  const { proxy } = await openWithUsers(t);
  const cases: [bytes: string, status: number][] = [
    ['GET http://servfail.example/ HTTP/1.1\r\nHost: x\r\n\r\n', 407],
    ['GET http://192.0.2.1/ HTTP/1.1\r\nHost: x\r\n\r\n', 407],
    ['CONNECT 192.0.2.1:443 HTTP/1.1\r\nHost: x\r\n\r\n', 407],
    ['GET http://a/ HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n', 400],
  ];
  for (const [bytes, status] of cases) assert.equal(statusOf(await exchange(t, proxy.port, bytes)), status, bytes);
  assert.deepEqual(proxy.lookedUp, []);
});

test('EGRESS_HTTP_PROXY_USERS_FILE: a password that changes in the file changes here, and a bad file changes nothing', async (t) => {
  const destination = await openDestination(t, answer(ok));
  const { file, proxy } = await openWithUsers(t);
  const ask = async (password: string) =>
    statusOf(
      await exchange(
        t,
        proxy.port,
        `GET http://${destination.authority}/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n${basic(`alice:${password}`)}\r\n`,
      ),
    );
  assert.equal(await ask('secret'), 200);
  file.text = 'alice:nonsense\n';
  await proxy.waitForLine({ level: 'warn', code: 'LINE_INVALID' });
  assert.equal(await ask('secret'), 200);
  file.text = `alice:${bcrypt.hashSync('changed', 4)}\n`;
  await proxy.waitForLine({ msg: 'the users were read again' });
  assert.deepEqual([await ask('secret'), await ask('changed')], [407, 200]);
});
