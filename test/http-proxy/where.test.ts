import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { dial } from '../../src/net/dial.ts';
import { forms } from './forms.ts';
import { openProxy } from './proxy.ts';
import { refused } from './refused.ts';
import { answer, exchange, openClient, openDestination, statusOf } from './sockets.ts';

const ok = 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello';

async function setUp(t: TestContext, rules: readonly string[], hosts: Record<string, readonly string[]> = {}) {
  const destination = await openDestination(t, answer(ok));
  return { destination, proxy: await openProxy(t, { rules, hosts }) };
}

for (const { title, family, host, name, rule, head } of forms) {
  test(`where: of a name with mixed addresses only those that are allowed are dialled, also when they fail (${title})`, async (t) => {
    const destination = await openDestination(t, answer(ok));
    const dialled: string[] = [];
    const proxy = await openProxy(t, {
      rules: [rule, '!127.0.0.3', 'mixed.example'],
      hosts: { 'mixed.example': ['127.0.0.3', family === 'ipv4' ? '::1' : '127.0.0.2', rule, 'fe80::3', '224.0.0.3'] },
      dial: (address, ...how) => {
        dialled.push(address.text);
        return dial(address, ...how);
      },
    });
    for (const [port, status] of [
      [destination.port, 200],
      [1, 503],
    ] as const) {
      const client = await openClient(t, proxy.port, { host });
      client.socket.write(`${head(port).replace(name, 'mixed.example')}\r\n`);
      await client.waitFor(`HTTP/1.1 ${status}`);
      // A tunnel is logged at its end.
      client.socket.resetAndDestroy();
      const { endpoint } = await proxy.waitForLine({ destination: `mixed.example:${port}` });
      assert.equal(endpoint, `${name}:${port}`);
    }
    assert.deepEqual(dialled, [rule, rule]);
    assert.deepEqual(proxy.lookedUp, ['mixed.example', 'mixed.example']);
  });
}

test('where: when no address of a name is left it is 403, naming rule and address', async (t) => {
  const { destination, proxy } = await setUp(t, ['!127.0.0.0/8', '*'], { 'mixed.example': ['127.0.0.3', '127.0.0.2'] });
  for (const response of await refused(t, proxy, destination, `mixed.example:${destination.port}`)) {
    assert.equal(statusOf(response), 403);
    assert.match(response, /denied by LIST:1 !127\.0\.0\.0\/8 \(address 127\.0\.0\.3\)/);
  }
});

for (const [name, error] of [
  ['servfail.example', 'dns_error'],
  ['timeout.example', 'dns_timeout'],
  ['nosuch.example', 'dns_error'],
] as const) {
  test(`where: when DNS fails (${name}) with an address rule ahead it is 503, and no later rule is tried`, async (t) => {
    const { destination, proxy } = await setUp(t, ['!127.0.0.3', '*']);
    for (const response of await refused(t, proxy, destination, `${name}:${destination.port}`)) {
      assert.equal(statusOf(response), 503);
      assert.match(response, new RegExp(`error=${error};`));
    }
  });
}

test('where: a name that a name rule denies is never looked up', async (t) => {
  const { destination, proxy } = await setUp(t, ['!servfail.example', '127.0.0.2', '*']);
  for (const response of await refused(t, proxy, destination, `servfail.example:${destination.port}`)) {
    assert.equal(statusOf(response), 403);
    assert.match(response, /denied by LIST:1 !servfail\.example/);
  }
  assert.deepEqual(proxy.lookedUp, []);
});

const badHosts = [
  ...['127.2', '0x7f.2', '2130706434', '0177.0.0.2', '127.0.0.02', '0x7f000002', '127.0.0.2.'],
  ...['\xef\xbc\x91\xef\xbc\x92\xef\xbc\x97.0.0.2', '%31%32%37.0.0.2', '127.0.0.%32', 'b\xfccher.example'],
  ...['[::1%25lo]', '[::1%lo]', '[127.0.0.2]', '[a.example]', '::1', 'a..example', '.a.example', '.', 'a\\.example', 'a#.example'],
  ...['a\x01.example', 'a\x7f.example', 'a b.example'],
];
for (const host of badHosts) {
  test(`where: the host ${JSON.stringify(host)} is 400`, async (t) => {
    const { destination, proxy } = await setUp(t, ['127.0.0.0/8', '::1', '*']);
    for (const response of await refused(t, proxy, destination, `${host}:${destination.port}`))
      assert.equal(statusOf(response), 400, response);
    assert.deepEqual(proxy.lookedUp, []);
  });
}

for (const port of ['+80', '-80', '080', '0', '65536', '', '8x', '0x50']) {
  test(`where: the port ${JSON.stringify(port)} is 400`, async (t) => {
    const { destination, proxy } = await setUp(t, ['127.0.0.0/8', '*']);
    for (const response of await refused(t, proxy, destination, `127.0.0.2:${port}`)) assert.equal(statusOf(response), 400, response);
  });
}

test('where: a trailing dot, upper case and A-labels match the rule for the same name', async (t) => {
  const { destination, proxy } = await setUp(t, ['!*.b\u00fccher.example.', '127.0.0.2', '*.EXAMPLE.'], { 'a.example': ['127.0.0.2'] });
  const response = await exchange(t, proxy.port, `GET http://A.Example.:${destination.port}/ HTTP/1.0\r\n\r\n`);
  assert.equal(statusOf(response), 200);
  assert.match(destination.received(), new RegExp(`host: a\\.example:${destination.port}\r\n`, 'i'));
  const denied = await exchange(t, proxy.port, 'GET http://X.XN--BCHER-KVA.example./ HTTP/1.0\r\n\r\n');
  assert.equal(statusOf(denied), 403);
});

test('where: user information is dropped and its end is the last @; in CONNECT it is 400', async (t) => {
  const { destination, proxy } = await setUp(t, ['127.0.0.2']);
  for (const userinfo of ['user:secret', 'other.example', '127.0.0.3:80@x', 'a@b@c']) {
    const response = await exchange(t, proxy.port, `GET http://${userinfo}@${destination.authority}/p HTTP/1.0\r\n\r\n`);
    assert.equal(statusOf(response), 200, userinfo);
  }
  assert.doesNotMatch(destination.received(), /secret|@|other/);
  assert.doesNotMatch(JSON.stringify(proxy.lines), /secret/);
  const before = destination.sockets.length;
  const connect = await exchange(t, proxy.port, `CONNECT user@${destination.authority} HTTP/1.1\r\nHost: x\r\n\r\n`);
  assert.equal(statusOf(connect), 400);
  assert.equal(destination.sockets.length, before);
});

for (const target of ['/', '/path', '*', 'https://127.0.0.2/', 'ftp://127.0.0.2/', 'ws://127.0.0.2/', '//127.0.0.2/', 'http:127.0.0.2']) {
  for (const method of ['GET', 'OPTIONS']) {
    test(`where: ${method} ${target} is 400`, async (t) => {
      const { destination, proxy } = await setUp(t, ['127.0.0.2']);
      const response = await exchange(t, proxy.port, `${method} ${target} HTTP/1.1\r\nHost: ${destination.authority}\r\n\r\n`);
      assert.equal(statusOf(response), 400);
      assert.equal(destination.sockets.length, 0);
    });
  }
}
