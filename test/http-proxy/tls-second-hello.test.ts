import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { connect, createSecureContext, TLSSocket } from 'node:tls';
import { makeCertificate } from '../../lab/certificate.ts';
import { dial } from '../../src/net/dial.ts';
import { clientHello, record, serverHello, serverName } from '../../src/tls/client-hello.fixture.ts';
import { address } from './proxy.ts';
import { until } from './sockets.ts';
import { accessDenied, openTlsTunnel } from './tls-tunnel.ts';

const hello = (name: string) => record(clientHello(serverName(name)));
const earlyData = record(Array(200).fill(1), 23);
const changeCipherSpec = record([1], 20);
const retry = record(serverHello('retry'));

/** What the server answers to the first ClientHello, and what its client sends then. */
const second: [what: string, answer: readonly number[] | undefined, bytes: (name: string) => readonly number[]][] = [
  ['when the server has asked for it', retry, hello],
  ['when the server has asked for it behind a warning', [...record([1, 112], 21), ...retry], hello],
  ['behind a ChangeCipherSpec', retry, (name) => [...changeCipherSpec, ...hello(name)]],
  ['behind early data', retry, (name) => [...earlyData, ...earlyData, ...hello(name)]],
  ['before the server has answered', undefined, hello],
  ['behind early data, before the server has answered', undefined, (name) => [...earlyData, ...hello(name)]],
];
for (const [what, answer, bytes] of second) {
  for (const isCut of [false, true]) {
    test(`TLS second hello: it is judged ${what}${isCut ? ', in pieces' : ''}`, async (t) => {
      for (const name of ['good.example', 'evil.example']) {
        const first = Buffer.from(hello('good.example'));
        const { destination, proxy, client } = await openTlsTunnel(t);
        client.socket.write(first);
        await until(() => destination.received().length === first.length);
        if (answer !== undefined) destination.sockets[0]?.write(Buffer.from(answer));
        await client.waitFor(Buffer.from(answer ?? []).toString('latin1'));
        const rest = Buffer.from(bytes(name));
        for (const piece of isCut ? [rest.subarray(0, -30), rest.subarray(-30)] : [rest]) {
          client.socket.write(piece);
          if (isCut) await delay(10);
        }
        if (name === 'good.example') {
          await until(() => destination.received() === Buffer.concat([first, rest]).toString('latin1'));
          continue;
        }
        assert.ok((await client.end()).endsWith(accessDenied));
        assert.ok(!destination.received().includes(name));
        client.socket.end();
        assert.equal((await proxy.waitForLine({ msg: 'tunnel', serverName: name })).decision, 'deny');
      }
    });
  }
}

test('TLS second hello: one that comes with the first is judged', async (t) => {
  const { destination, client } = await openTlsTunnel(t);
  client.socket.write(Buffer.from([...hello('good.example'), ...hello('evil.example')]));
  assert.ok((await client.end()).endsWith(accessDenied));
  assert.equal(destination.received(), '');
});

test('TLS second hello: when the server has answered otherwise, records that look like one are encrypted, and pass', async (t) => {
  const { destination, client } = await openTlsTunnel(t);
  const first = Buffer.from(hello('good.example'));
  client.socket.write(first);
  await until(() => destination.received().length === first.length);
  const answer = Buffer.from(record(serverHello('hello')));
  for (const piece of [answer.subarray(0, 20), answer.subarray(20)]) destination.sockets[0]?.write(piece);
  await client.waitFor(answer.toString('latin1'));
  const rest = Buffer.from([...changeCipherSpec, ...record([1, 0, 1, 0, 7])]);
  client.socket.write(rest);
  await until(() => destination.received() === Buffer.concat([first, rest]).toString('latin1'));
});

test('TLS second hello: OpenSSL on both sides, with a group that the server asks for, get through', async (t) => {
  const folder = await mkdtemp(`${tmpdir()}/tls-`);
  t.after(() => rm(folder, { recursive: true }));
  const files = await makeCertificate(folder, ['good.example']);
  const [key, cert] = await Promise.all([readFile(files.key), readFile(files.cert)]);
  const secureContext = createSecureContext({ key, cert, ecdhCurve: 'P-521', minVersion: 'TLSv1.3' });
  const records: Buffer[] = [];
  const { client } = await openTlsTunnel(t, {
    banner: '',
    dial: async (_address, port, options) => {
      const socket = await dial(address('127.0.0.2'), port, options);
      return socket.on('data', (chunk: Buffer) => records.push(Buffer.from(chunk)));
    },
    serve: (socket) => {
      socket.removeAllListeners('data');
      new TLSSocket(socket, { isServer: true, secureContext }).on('error', () => {}).end('hello');
    },
  });
  client.socket.removeAllListeners('data');
  const socket = connect({ socket: client.socket, servername: 'good.example', ca: cert, ecdhCurve: 'X25519:P-521' });
  let text = '';
  for await (const chunk of socket) text += chunk;
  assert.equal(text, 'hello');
  // It was asked for: the answer is the one that this is about.
  assert.ok(Buffer.concat(records).includes(Buffer.from('cf21ad74e59a6111be1d8c021e65b891', 'hex')));
});
