import assert from 'node:assert/strict';
import { test } from 'node:test';
import { connect } from 'node:tls';
import fc from 'fast-check';
import { createTcpServer, openListener } from '../net/listener.ts';
import { parseClientHello } from './client-hello.ts';

/** The first flight of Node's own TLS client (OpenSSL). */
async function openSslHello(servername: string | undefined): Promise<Buffer> {
  const received = Promise.withResolvers<Buffer>();
  const listener = await openListener(
    createTcpServer((socket) => socket.once('data', received.resolve)),
    0,
    () => {},
  );
  const client = connect({ port: listener.port, host: '127.0.0.1', ...(servername === undefined ? {} : { servername }) });
  client.on('error', () => {});
  const bytes = await received.promise;
  client.destroy();
  await listener.close(AbortSignal.abort());
  return bytes;
}

const u16 = (value: number) => [value >> 8, value & 0xff];
const vector = (size: 1 | 2, bytes: readonly number[]) => [...(size === 1 ? [bytes.length] : u16(bytes.length)), ...bytes];
const extension = (type: number, bytes: readonly number[]) => [...u16(type), ...vector(2, bytes)];
const serverName = (name: string) => extension(0, vector(2, [0, ...vector(2, [...Buffer.from(name)])]));
const record = (bytes: readonly number[]) => [22, 3, 1, ...vector(2, bytes)];

function message(extensions: readonly number[] | undefined): number[] {
  const body = [3, 3, ...Array(32).fill(7), ...vector(1, [1, 2]), ...vector(2, [0x13, 0x01]), ...vector(1, [0])];
  if (extensions !== undefined) body.push(...vector(2, extensions));
  return [1, 0, ...u16(body.length), ...body];
}

const hello = (name: string | undefined, encrypted = false) => ({ kind: 'hello', serverName: name, encrypted });

test('parseClientHello: reads what OpenSSL sends, with a server name and without', async () => {
  assert.deepEqual(parseClientHello(await openSslHello('www.example.com')), hello('www.example.com'));
  assert.deepEqual(parseClientHello(await openSslHello(undefined)), hello(undefined));
});

const name = serverName('a.example');
const bad: [string, number[], string][] = [
  ['nothing of TLS', [...Buffer.from('SSH-2.0-x\r\n')], 'none'],
  ['SSL 2', [0x80, 0x2e, 1, 3, 1], 'none'],
  ['another handshake message', record([2, 0, 0, 0]), 'none'],
  ['one byte of a record', [22], 'incomplete'],
  ['a record header', [22, 3, 1, 0, 5], 'incomplete'],
  ['half a message', record(message(name)).slice(0, 40), 'incomplete'],
  ['half a message and then an alert', [...record(message(name).slice(0, 40)), 21, 3, 1, 0, 2], 'malformed'],
  [
    'a message longer than anybody sends',
    [
      ...record([1, 2, 0, 0, ...Array(16380).fill(0)]),
      ...Array(5)
        .fill(record(Array(16384).fill(0)))
        .flat(),
    ],
    'malformed',
  ],
  ['empty records without end', Array(14000).fill(record([])).flat(), 'malformed'],
  ['two server names', record(message([...name, ...name])), 'malformed'],
  ['two names in one extension', record(message(extension(0, vector(2, [0, ...vector(2, [97]), 0, ...vector(2, [98])])))), 'malformed'],
  ['a name of unknown type', record(message(extension(0, vector(2, [1, ...vector(2, [97])])))), 'malformed'],
  ['an extension cut short', record(message([...name, 0])), 'malformed'],
  ['bytes after the extensions', record([1, 0, ...u16(45 + 2), ...message([]).slice(4), 0, 0]), 'malformed'],
];
for (const [what, bytes, kind] of bad) {
  test(`parseClientHello: ${what} is ${kind}`, () => {
    assert.deepEqual(parseClientHello(Buffer.from(bytes)), { kind });
  });
}

test('parseClientHello: a whole one is read whatever follows it', () => {
  for (const rest of [[], [20, 3, 3, 0, 1, 1], [22, 9, 9, 0, 0], [0xff]]) {
    assert.deepEqual(parseClientHello(Buffer.from([...record(message(name)), ...rest])), hello('a.example'));
  }
});

test('parseClientHello: tells of an encrypted ClientHello, and takes one without extensions', () => {
  assert.deepEqual(parseClientHello(Buffer.from(record(message([...extension(0xfe0d, [0]), ...name])))), hello('a.example', true));
  assert.deepEqual(parseClientHello(Buffer.from(record(message(undefined)))), hello(undefined));
});

test('parseClientHello: however it is cut into records and segments, it is incomplete until it is whole, and then the same', () => {
  const names = fc.stringMatching(/^[a-z]{1,20}(\.[a-z]{1,20}){0,3}$/);
  fc.assert(
    fc.property(names, fc.array(fc.nat(200), { maxLength: 6 }), fc.nat(), (text, cuts, at) => {
      const whole = message([...extension(43, [2, 3, 4]), ...serverName(text)]);
      const places = [0, ...cuts.map((cut) => cut % whole.length).sort((a, b) => a - b), whole.length];
      const bytes = places.slice(1).flatMap((end, index) => record(whole.slice(places[index], end)));
      assert.deepEqual(parseClientHello(Buffer.from(bytes)), hello(text));
      const part = bytes.slice(0, 1 + (at % (bytes.length - 1)));
      assert.notEqual(parseClientHello(Buffer.from(part)).kind, 'none');
      assert.notEqual(parseClientHello(Buffer.from(part)).kind, 'malformed');
    }),
  );
});

test('parseClientHello: returns for any bytes, also for those that begin well', () => {
  const start = fc.constantFrom([], [22, 3, 1], record(message(name)).slice(0, 90));
  fc.assert(
    fc.property(start, fc.uint8Array({ maxLength: 300 }), (head, rest) => {
      const { kind } = parseClientHello(Buffer.from([...head, ...rest]));
      assert.ok(['none', 'incomplete', 'malformed', 'hello'].includes(kind));
    }),
  );
});
