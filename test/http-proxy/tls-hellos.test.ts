import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { clientHello, extension, record, serverName } from '../../src/tls/client-hello.fixture.ts';
import { until } from './sockets.ts';
import { accessDenied, openSslHello, openTlsTunnel } from './tls-tunnel.ts';

const message = (name: string) => clientHello([...extension(0x0a0a, []), ...serverName(name), ...extension(0xfafa, [0])]);

/** A whole ClientHello, with something odd about it that some servers do not mind. */
const odd: [what: string, bytes: (name: string) => number[]][] = [
  ['that has GREASE among its extensions (RFC 8701)', (name) => record(message(name))],
  ['with a record version of 0.0', (name) => record(message(name), 22, [0, 0])],
  ['with a record version of 4.1', (name) => record(message(name), 22, [4, 1])],
  ['behind a warning', (name) => [...record([1, 90], 21), ...record(message(name))]],
  [
    'behind two warnings of another version',
    (name) => [
      ...Array(2)
        .fill(record([1, 0], 21, [3, 3]))
        .flat(),
      ...record(message(name)),
    ],
  ],
  ['behind a ChangeCipherSpec', (name) => [...record([1], 20), ...record(message(name))]],
  ['in records of a byte', (name) => message(name).flatMap((byte) => record([byte]))],
];
for (const [what, bytes] of odd) {
  test(`TLS hellos: one ${what} is judged by its name`, async (t) => {
    const good = Buffer.from(bytes('good.example'));
    const allowed = await openTlsTunnel(t);
    allowed.client.socket.write(good);
    await until(() => allowed.destination.received() === good.toString('latin1'));
    const denied = await openTlsTunnel(t);
    denied.client.socket.write(Buffer.from(bytes('evil.example')));
    assert.ok((await denied.client.end()).endsWith(accessDenied));
    assert.equal(denied.destination.received(), '');
  });
}

test('TLS hellos: warnings without end are not waited for, nor kept', async (t) => {
  const { destination, client } = await openTlsTunnel(t);
  client.socket.write(
    Buffer.from(
      Array(40)
        .fill(record([1, 90], 21))
        .flat(),
    ),
  );
  assert.ok((await client.end()).endsWith(accessDenied));
  assert.equal(destination.received(), '');
});

test('TLS hellos: one that takes more than 64 KiB, in small records, is closed and not kept', async (t) => {
  const { destination, client } = await openTlsTunnel(t);
  const long = clientHello([...extension(21, Array(60_000).fill(0)), ...serverName('good.example')]);
  client.socket.write(Buffer.from(long.flatMap((byte) => record([byte]))));
  assert.ok((await client.end()).endsWith(accessDenied));
  assert.equal(destination.received(), '');
});

test('TLS hellos: an empty handshake record, which some servers pass over, is closed', async (t) => {
  const { destination, client } = await openTlsTunnel(t);
  client.socket.write(Buffer.from([...record([]), ...record(message('good.example'))]));
  assert.ok((await client.end()).endsWith(accessDenied));
  assert.equal(destination.received(), '');
});

test('TLS hellos: a ClientHello is judged in whatever pieces it comes, and held until it is whole', async (t) => {
  const { destination, client } = await openTlsTunnel(t);
  const hello = await openSslHello('good.example');
  for (const part of [hello.subarray(0, 1), hello.subarray(1, 7), hello.subarray(7, 90)]) {
    client.socket.write(part);
    await delay(20);
    assert.equal(destination.received(), '');
  }
  client.socket.write(hello.subarray(90));
  await until(() => destination.received() === hello.toString('latin1'));
});

test('TLS hellos: a ClientHello that is cut into many records is judged', async (t) => {
  const { destination, client } = await openTlsTunnel(t);
  const message = (await openSslHello('evil.example')).subarray(5);
  for (let at = 0; at < message.length; at += 10) {
    const part = message.subarray(at, at + 10);
    client.socket.write(Buffer.from([22, 3, 1, 0, part.length, ...part]));
  }
  assert.ok((await client.end()).endsWith(accessDenied));
  assert.equal(destination.received(), '');
});

test('TLS hellos: one that is begun and not finished in time is closed, for it could only hide its name', async (t) => {
  const { destination, client } = await openTlsTunnel(t, { settings: { connectTimeout: 200 } });
  client.socket.write((await openSslHello('evil.example')).subarray(0, 100));
  assert.ok((await client.end()).endsWith(accessDenied));
  assert.equal(destination.received(), '');
});

for (const [what, bytes] of [
  ['SSH', 'SSH-2.0-client\r\n'],
  ['HTTP', 'GET / HTTP/1.1\r\n\r\n'],
  ['a record that is no handshake', '\x17\x03\x03\x00\x01x'],
] as const) {
  test(`TLS hellos: another protocol (${what}) passes at once`, async (t) => {
    const { destination, client } = await openTlsTunnel(t);
    client.socket.write(bytes, 'latin1');
    await until(() => destination.received() === bytes);
  });
}

test('TLS hellos: a client that says nothing for longer than the hold time may still speak later, and is judged then', async (t) => {
  for (const [bytes, passes] of [
    [Buffer.from('EHLO x\r\n'), true],
    [await openSslHello('good.example'), true],
    [await openSslHello('evil.example'), false],
  ] as const) {
    const { destination, client } = await openTlsTunnel(t, { settings: { connectTimeout: 50 } });
    await delay(150);
    client.socket.write(bytes);
    await (passes ? until(() => destination.received() === bytes.toString('latin1')) : client.end());
    assert.equal(destination.received(), passes ? bytes.toString('latin1') : '');
  }
});
