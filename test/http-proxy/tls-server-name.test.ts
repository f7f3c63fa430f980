import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { type TestContext, test } from 'node:test';
import { connect as connectTls } from 'node:tls';
import { dial } from '../../src/net/dial.ts';
import { createTcpServer, openListener } from '../../src/net/listener.ts';
import { address, openProxy, type TestProxyOptions } from './proxy.ts';
import { openClient, openDestination, until } from './sockets.ts';

/** What OpenSSL sends first for a server name. */
async function clientHello(servername?: string): Promise<Buffer> {
  const received = Promise.withResolvers<Buffer>();
  const listener = await openListener(
    createTcpServer((socket) => socket.once('data', received.resolve)),
    0,
    () => {},
  );
  const socket = connectTls({ socket: connect(listener.port, '127.0.0.1'), ...(servername === undefined ? {} : { servername }) });
  socket.on('error', () => {});
  const bytes = await received.promise;
  socket.destroy();
  await listener.close(AbortSignal.abort());
  return bytes;
}

const named = '192.0.2.7';

/** A tunnel to `good.example`, whose address is public as far as the rules see; the dial goes to a destination here. */
async function setUp(t: TestContext, options: Partial<TestProxyOptions> & { readonly host?: string } = {}) {
  const destination = await openDestination(t, (socket) => socket.write('banner'));
  const proxy = await openProxy(t, {
    rules: ['good.example', '!bad.friends.example', '*.friends.example'],
    hosts: { 'good.example': [named] },
    dial: (_address, port, dialOptions) => dial(address('127.0.0.2'), port, dialOptions),
    ...options,
  });
  const client = await openClient(t, proxy.port);
  client.socket.write(`CONNECT ${options.host ?? 'good.example'}:${destination.port} HTTP/1.1\r\nHost: x\r\n\r\n`);
  // Its bytes flow while the client's are held.
  await client.waitFor('\r\n\r\nbanner');
  return { destination, proxy, client };
}

const passing: [what: string, serverName: string | undefined, options: Partial<TestProxyOptions> & { host?: string }][] = [
  ['the name of the CONNECT request', 'good.example', {}],
  ['the same name in upper case', 'GOOD.example', {}],
  ['another name that a rule allows', 'a.friends.example', {}],
  ['no name', undefined, {}],
  ['any name, where an address rule allowed the tunnel', 'evil.example', { rules: [`${named}/32`], host: named }],
  ['any name, where an address rule allows the address', 'evil.example', { rules: ['good.example', `${named}/24`] }],
  ['any name, where the setting is off', 'evil.example', { settings: { httpTlsServerName: 'off' } }],
  ['any name, where the setting is report', 'evil.example', { settings: { httpTlsServerName: 'report' } }],
];
for (const [what, serverName, options] of passing) {
  test(`TLS server name: ${what} passes, and the ClientHello goes on unchanged`, async (t) => {
    const { destination, client } = await setUp(t, options);
    const hello = await clientHello(serverName);
    client.socket.write(hello);
    await until(() => destination.received().length >= hello.length);
    assert.equal(destination.received(), hello.toString('latin1'));
  });
}

const accessDenied = '\x15\x03\x03\x00\x02\x02\x31';

for (const serverName of ['evil.example', 'bad.friends.example', 'good.example.evil.example']) {
  test(`TLS server name: ${serverName} is not allowed: the tunnel is closed with an alert, and logged`, async (t) => {
    const { destination, proxy, client } = await setUp(t);
    client.socket.write(await clientHello(serverName));
    assert.ok((await client.end()).endsWith(`banner${accessDenied}`));
    client.socket.end();
    assert.equal(destination.received(), '');
    const line = await proxy.waitForLine({ msg: 'tunnel', serverName });
    assert.equal(line.decision, 'deny');
    assert.match(String(line.reason), /TLS server name is not that of the CONNECT request, and no rule allows it/);
  });
}

for (const [what, rules, passes] of [
  ['closed, although a rule allows that address', ['good.example', '198.51.100.1'], false],
  ['passed where a rule allows the address that is connected', ['good.example', `${named}/24`], true],
] as const) {
  test(`TLS server name: another address in its place is ${what}`, async (t) => {
    const { destination, client } = await setUp(t, { rules });
    // OpenSSL sends none.
    const hello = (await clientHello('ip.good.fill')).toString('latin1').replace('ip.good.fill', '198.51.100.1');
    client.socket.write(hello, 'latin1');
    await until(() => destination.received() === hello || client.socket.readableEnded);
    assert.equal(destination.received(), passes ? hello : '');
  });
}

test('TLS server name: OpenSSL tells its user that access was denied', async (t) => {
  const { client } = await setUp(t);
  client.socket.removeAllListeners('data');
  const socket = connectTls({ socket: client.socket, servername: 'evil.example' });
  const error = await new Promise<NodeJS.ErrnoException>((resolve) => socket.once('error', resolve));
  assert.equal(error.code, 'ERR_SSL_TLSV1_ALERT_ACCESS_DENIED');
});

test('TLS server name: report logs what enforce would close', async (t) => {
  const { proxy, client } = await setUp(t, { settings: { httpTlsServerName: 'report' } });
  client.socket.write(await clientHello('evil.example'));
  const line = await proxy.waitForLine({ level: 'warn', serverName: 'evil.example' });
  assert.match(String(line.destination), /^good\.example:\d+$/);
});

test('TLS server name: a ClientHello is judged in whatever pieces it comes, and held until it is whole', async (t) => {
  const { destination, client } = await setUp(t);
  const hello = await clientHello('good.example');
  for (const part of [hello.subarray(0, 1), hello.subarray(1, 7), hello.subarray(7, 90)]) {
    client.socket.write(part);
    await new Promise((resolve) => setTimeout(resolve, 20));
    assert.equal(destination.received(), '');
  }
  client.socket.write(hello.subarray(90));
  await until(() => destination.received() === hello.toString('latin1'));
});

test('TLS server name: a ClientHello that is cut into many records is judged', async (t) => {
  const { destination, client } = await setUp(t);
  const message = (await clientHello('evil.example')).subarray(5);
  for (let at = 0; at < message.length; at += 10) {
    const part = message.subarray(at, at + 10);
    client.socket.write(Buffer.from([22, 3, 1, 0, part.length, ...part]));
  }
  assert.ok((await client.end()).endsWith(accessDenied));
  assert.equal(destination.received(), '');
});

test('TLS server name: one that is begun and not finished in time is closed, for it could only hide its name', async (t) => {
  const { destination, client } = await setUp(t, { settings: { connectTimeout: 200 } });
  client.socket.write((await clientHello('evil.example')).subarray(0, 100));
  assert.ok((await client.end()).endsWith(accessDenied));
  assert.equal(destination.received(), '');
});

for (const [what, bytes] of [
  ['SSH', 'SSH-2.0-client\r\n'],
  ['HTTP', 'GET / HTTP/1.1\r\n\r\n'],
  ['a record that is no handshake', '\x17\x03\x03\x00\x01x'],
] as const) {
  test(`TLS server name: another protocol (${what}) passes at once`, async (t) => {
    const { destination, client } = await setUp(t);
    client.socket.write(bytes, 'latin1');
    await until(() => destination.received() === bytes);
  });
}

test('TLS server name: a client that says nothing for longer than the hold time may still speak later', async (t) => {
  const { destination, client } = await setUp(t, { settings: { connectTimeout: 50 } });
  await new Promise((resolve) => setTimeout(resolve, 150));
  client.socket.write('EHLO x\r\n');
  await until(() => destination.received() === 'EHLO x\r\n');
});

test('TLS server name: it is the encrypted ClientHello whose outer name is judged, and the log says so', async (t) => {
  const { destination, proxy, client } = await setUp(t);
  const hello = await clientHello('good.example');
  // Appends an extension of type 0xfe0d, and adjusts the lengths of extensions, message and record.
  const extension = Buffer.from([0xfe, 0x0d, 0, 1, 0]);
  const bytes = Buffer.concat([hello, extension]);
  let at = 5 + 4 + 34;
  at += 1 + bytes.readUInt8(at);
  at += 2 + bytes.readUInt16BE(at);
  at += 1 + bytes.readUInt8(at);
  for (const place of [3, 7, at]) bytes.writeUInt16BE(bytes.readUInt16BE(place) + extension.length, place);
  client.socket.write(bytes);
  await until(() => destination.received() === bytes.toString('latin1'));
  client.socket.resetAndDestroy();
  const line = await proxy.waitForLine({ msg: 'tunnel', serverName: 'good.example' });
  assert.equal(line.encryptedServerName, true);
});
