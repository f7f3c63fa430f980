import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { parsePrefix } from '../../src/net/prefix.ts';
import { address, openProxy, type TestProxy } from './proxy.ts';
import { answer, type Destination, exchange, openDestination, statusOf } from './sockets.ts';

/** Asks for a host and port in both ways that lead somewhere; neither may reach the destination. */
async function refused(t: TestContext, proxy: TestProxy, destination: Destination, authority: string): Promise<string[]> {
  const absolute = await exchange(t, proxy.port, `GET http://${authority}/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);
  const connect = await exchange(t, proxy.port, `CONNECT ${authority} HTTP/1.1\r\nHost: x\r\n\r\nEARLY`);
  assert.equal(destination.sockets.length, 0, 'the destination was connected');
  return [absolute, connect];
}

async function setUp(t: TestContext, rules: readonly string[], hosts: Record<string, readonly string[]> = {}) {
  const destination = await openDestination(t, answer('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello'));
  const v4 = parsePrefix('127.64.0.0/10');
  const proxy = await openProxy(t, {
    rules,
    hosts,
    ownAddresses: ['127.0.0.1', '::1', '127.32.0.1'],
    cluster: { nameservers: [address('127.0.0.53')], apiServer: { address: address('127.0.0.43'), port: 443 }, cidrs: v4 ? [v4] : [] },
  });
  return { destination, proxy };
}

const specialDestinations: [what: string, host: string][] = [
  ['loopback', '127.0.0.2'],
  ['loopback (IPv6)', '[::1]'],
  ['link-local', '169.254.7.7'],
  ['link-local (IPv6)', '[fe80::7]'],
  ['unspecified', '0.0.0.0'],
  ['unspecified (IPv6)', '[::]'],
  ['multicast', '224.0.0.1'],
  ['multicast (IPv6)', '[ff02::1]'],
  ['metadata of AWS', '169.254.169.254'],
  ['metadata of Alibaba', '100.100.100.200'],
  ['metadata of AWS (IPv6)', '[fd00:ec2::254]'],
  ["the pod's own address", '127.32.0.1'],
  ['a nameserver', '127.0.0.53'],
  ['the Kubernetes API', '127.0.0.43'],
  ['a cluster range', '127.65.0.1'],
  ['loopback as IPv4-mapped', '[::ffff:127.0.0.2]'],
  ['loopback as IPv4-mapped in hexadecimal', '[::ffff:7f00:2]'],
  ['loopback as NAT64', '[64:ff9b::7f00:2]'],
  ['loopback as 6to4', '[2002:7f00:2::1]'],
  ['metadata as NAT64', '[64:ff9b::a9fe:a9fe]'],
];
for (const [what, host] of specialDestinations) {
  test(`where: ${what} is denied with 403, whatever wide prefix, name or star allows it`, async (t) => {
    const bare = host.replace(/[[\]]/g, '');
    const { destination, proxy } = await setUp(t, ['0.0.0.0/0', '::/0', 'named.example', '*'], { 'named.example': [bare] });
    for (const authority of [`${host}:${destination.port}`, `named.example:${destination.port}`]) {
      for (const response of await refused(t, proxy, destination, authority)) {
        assert.equal(statusOf(response), 403, response);
        assert.match(response, /Proxy-Status: egress-router; error=destination_ip_prohibited; details="\S+ is special \(/);
      }
    }
  });
}

test('where: a special address is opened by an address rule inside its range', async (t) => {
  const { destination, proxy } = await setUp(t, ['127.0.0.2', 'named.example'], { 'named.example': ['127.0.0.2'] });
  for (const host of ['127.0.0.2', '[::ffff:127.0.0.2]', 'named.example']) {
    const response = await exchange(t, proxy.port, `GET http://${host}:${destination.port}/ HTTP/1.0\r\n\r\n`);
    assert.equal(statusOf(response), 200, host);
  }
});

test('where: our own listener is 403, even where an address rule opens its address', async (t) => {
  const { destination, proxy } = await setUp(t, ['127.0.0.0/8', '::1', '0.0.0.0', '::'], { 'self.example': ['127.0.0.1'] });
  for (const host of ['127.0.0.1', '127.0.0.2', '127.32.0.1', '[::1]', '0.0.0.0', '[::]', '[::ffff:127.0.0.1]', 'self.example']) {
    for (const response of await refused(t, proxy, destination, `${host}:${proxy.port}`)) {
      assert.equal(statusOf(response), 403, host);
      assert.match(response, /error=proxy_loop_detected/);
    }
  }
});

test('where: of a name with mixed addresses only a judged one is dialled', async (t) => {
  const { destination, proxy } = await setUp(t, ['127.0.0.2', 'mixed.example'], { 'mixed.example': ['127.0.0.3', '127.0.0.2'] });
  const response = await exchange(t, proxy.port, `GET http://mixed.example:${destination.port}/ HTTP/1.0\r\n\r\n`);
  assert.equal(statusOf(response), 200);
  assert.equal(destination.sockets[0]?.localAddress, '::ffff:127.0.0.2');
  assert.equal(proxy.lines[0]?.endpoint, destination.authority);
  assert.deepEqual(proxy.lookedUp, ['mixed.example']);
});

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

test('where: a request that carries our own Via is a loop and 403; one of another router passes', async (t) => {
  const { destination, proxy } = await setUp(t, ['127.0.0.2']);
  await exchange(t, proxy.port, `GET http://${destination.authority}/ HTTP/1.0\r\n\r\n`);
  const own = /via: 1\.0 (egress-router-\S+)/i.exec(destination.received())?.[1];
  assert.ok(own);
  const request = (via: string) => `GET http://${destination.authority}/ HTTP/1.1\r\nHost: x\r\nVia: ${via}\r\nConnection: close\r\n\r\n`;
  const looped = await exchange(t, proxy.port, request(`1.1 other, 1.1 ${own}`));
  assert.equal(statusOf(looped), 403);
  assert.match(looped, /error=proxy_loop_detected/);
  assert.equal(destination.sockets.length, 1);
  assert.equal(statusOf(await exchange(t, proxy.port, request('1.1 egress-router-00000000'))), 200);
  assert.match(destination.received(), new RegExp(`Via: 1.1 egress-router-00000000\r\nVia: 1.1 ${own}`));
});
