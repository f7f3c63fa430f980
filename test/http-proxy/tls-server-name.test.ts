import assert from 'node:assert/strict';
import { test } from 'node:test';
import { connect as connectTls } from 'node:tls';
import { until } from './sockets.ts';
import { accessDenied, named, openSslHello, openTlsTunnel, type TlsTunnelOptions } from './tls-tunnel.ts';

const families = [
  { family: 'IPv4', host: named.IPv4, itself: `${named.IPv4}/32`, around: `${named.IPv4}/24` },
  { family: 'IPv6', host: `[${named.IPv6}]`, itself: `${named.IPv6}/128`, around: `${named.IPv6}/64` },
] as const;

for (const { family, host, itself, around } of families) {
  const passing: [what: string, serverName: string | undefined, options: TlsTunnelOptions][] = [
    ['the name of the CONNECT request', 'good.example', {}],
    ['the same name in upper case', 'GOOD.example', {}],
    ['another name that a rule allows', 'a.friends.example', {}],
    ['no name', undefined, {}],
    ['any name, where an address rule allowed the tunnel', 'evil.example', { rules: [itself], host }],
    ['any name, where an address rule allows the address', 'evil.example', { rules: ['good.example', around] }],
    ['any name, where the setting is off', 'evil.example', { settings: { httpTlsServerName: 'off' } }],
    ['any name, where the setting is report', 'evil.example', { settings: { httpTlsServerName: 'report' } }],
  ];
  for (const [what, serverName, options] of passing) {
    test(`TLS server name, ${family}: ${what} passes, and the ClientHello goes on unchanged`, async (t) => {
      const { destination, client } = await openTlsTunnel(t, { family, ...options });
      const hello = await openSslHello(serverName);
      client.socket.write(hello);
      await until(() => destination.received().length >= hello.length);
      assert.equal(destination.received(), hello.toString('latin1'));
    });
  }

  for (const serverName of ['evil.example', 'bad.friends.example', 'good.example.evil.example']) {
    test(`TLS server name, ${family}: ${serverName} is not allowed: the tunnel is closed with an alert, and logged`, async (t) => {
      const { destination, proxy, client } = await openTlsTunnel(t, { family });
      client.socket.write(await openSslHello(serverName));
      assert.ok((await client.end()).endsWith(`banner${accessDenied}`));
      client.socket.end();
      assert.equal(destination.received(), '');
      const line = await proxy.waitForLine({ msg: 'tunnel', serverName });
      assert.equal(line.decision, 'deny');
      assert.match(String(line.reason), /TLS server name is not that of the CONNECT request, and no rule allows it/);
    });
  }
}

for (const [what, rules, passes] of [
  ['closed, although a rule allows that address', ['good.example', '198.51.100.1'], false],
  ['passed where a rule allows the address that is connected', ['good.example', `${named.IPv4}/24`], true],
] as const) {
  test(`TLS server name: another address in its place is ${what}`, async (t) => {
    const { destination, client } = await openTlsTunnel(t, { rules });
    // OpenSSL sends none.
    const hello = (await openSslHello('ip.good.fill')).toString('latin1').replace('ip.good.fill', '198.51.100.1');
    client.socket.write(hello, 'latin1');
    await until(() => destination.received() === hello || client.socket.readableEnded);
    assert.equal(destination.received(), passes ? hello : '');
  });
}

test('TLS server name: OpenSSL tells its user that access was denied', async (t) => {
  const { client } = await openTlsTunnel(t);
  client.socket.removeAllListeners('data');
  const socket = connectTls({ socket: client.socket, servername: 'evil.example' });
  const error = await new Promise<NodeJS.ErrnoException>((resolve) => socket.once('error', resolve));
  assert.equal(error.code, 'ERR_SSL_TLSV1_ALERT_ACCESS_DENIED');
});

test('TLS server name: report logs what enforce would close', async (t) => {
  const { proxy, client } = await openTlsTunnel(t, { settings: { httpTlsServerName: 'report' } });
  client.socket.write(await openSslHello('evil.example'));
  const line = await proxy.waitForLine({ level: 'warn', serverName: 'evil.example' });
  assert.match(String(line.destination), /^good\.example:\d+$/);
});

test('TLS server name: it is the encrypted ClientHello whose outer name is judged, and the log says so', async (t) => {
  const { destination, proxy, client } = await openTlsTunnel(t);
  const hello = await openSslHello('good.example');
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
