import assert from 'node:assert/strict';
import { test } from 'node:test';
import { connect } from 'node:tls';
import fc from 'fast-check';
import { createTcpServer, openListener } from '../net/listener.ts';
import { clientHello, extension, record, serverName, vector } from './client-hello.fixture.ts';
import { ClientHelloReader, type ClientHelloResult } from './client-hello-reader.ts';
import { RecordReader } from './record-reader.ts';

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

/** What they turn out to be, one behind the other. */
function readHello(pieces: readonly Buffer[]): ClientHelloResult | 'incomplete' {
  const records = new RecordReader();
  const reader = new ClientHelloReader();
  for (const piece of pieces) {
    for (const fragment of records.read(piece)) {
      const result = reader.read(fragment);
      if (result !== undefined) return result;
    }
  }
  return 'incomplete';
}

const hello = (name: string | undefined, encrypted = false) => ({ serverName: name, encrypted });

test('ClientHelloReader: reads what OpenSSL sends, with a server name and without', async () => {
  assert.deepEqual(readHello([await openSslHello('www.example.com')]), hello('www.example.com'));
  assert.deepEqual(readHello([await openSslHello(undefined)]), hello(undefined));
});

const name = serverName('a.example');

/** How a message of MongoDB begins: its length, its number and that of the one that it answers, little-endian. */
function mongoMessage(length: number, number: number): number[] {
  const bytes = Buffer.alloc(length);
  for (const [index, value] of [length, number, 0, 2013].entries()) bytes.writeUInt32LE(value, 4 * index);
  return [...bytes];
}

const bad: [string, number[], string][] = [
  ['nothing of TLS', [...Buffer.from('SSH-2.0-x\r\n')], 'other'],
  ...[0, 1, 256, 257, 511, 512, 65_541, 0x010100, 0x010105, 0x020105].map((number): [string, number[], string] => [
    `message ${number} of MongoDB, as long as makes it look like a handshake record,`,
    mongoMessage(534, number),
    'other',
  ]),
  ['a ClientHello too short to be one', record([1, 0, 0, 40, ...Array(40).fill(0)]), 'other'],
  ['an empty record of another version', record([], 22, [4, 1]), 'other'],
  ['a ClientHello with more behind it in its record', record([...clientHello(name), 0]), 'malformed'],
  ['SSL 2', [0x80, 0x2e, 1, 3, 1], 'other'],
  ['a record longer than any server reads', [22, 3, 1, 0x48, 1], 'other'],
  ['another handshake message', record([2, 0, 0, 0]), 'other'],
  ['one byte of a record', [22], 'incomplete'],
  ['a record header', [22, 3, 1, 0, 5], 'incomplete'],
  ['half a message', record(clientHello(name)).slice(0, 40), 'incomplete'],
  ['half a message and then an alert', [...record(clientHello(name).slice(0, 40)), 21, 3, 1, 0, 2], 'malformed'],
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
  ['an empty record', record([]), 'malformed'],
  ['half a message and then an empty record', [...record(clientHello(name).slice(0, 40)), ...record([])], 'malformed'],
  ['two server names', record(clientHello([...name, ...name])), 'malformed'],
  ['two names in one extension', record(clientHello(extension(0, vector(2, [0, ...vector(2, [97]), 0, ...vector(2, [98])])))), 'malformed'],
  ['a name of unknown type', record(clientHello(extension(0, vector(2, [1, ...vector(2, [97])])))), 'malformed'],
  ['an extension cut short', record(clientHello([...name, 0])), 'malformed'],
  ['bytes after the extensions', record([1, 0, 0, 45 + 2, ...clientHello([]).slice(4), 0, 0]), 'malformed'],
];
for (const [what, bytes, kind] of bad) {
  test(`ClientHelloReader: ${what} is ${kind}`, () => {
    assert.equal(readHello([Buffer.from(bytes)]), kind);
  });
}

test('ClientHelloReader: a whole one is read whatever follows it', () => {
  for (const rest of [[], [20, 3, 3, 0, 1, 1], [22, 9, 9, 0, 0], [0xff]]) {
    assert.deepEqual(readHello([Buffer.from([...record(clientHello(name)), ...rest])]), hello('a.example'));
  }
});

test('ClientHelloReader: tells of an encrypted ClientHello, and takes one without extensions', () => {
  assert.deepEqual(readHello([Buffer.from(record(clientHello([...extension(0xfe0d, [0]), ...name])))]), hello('a.example', true));
  assert.deepEqual(readHello([Buffer.from(record(clientHello(undefined)))]), hello(undefined));
});

test('ClientHelloReader: however it is cut into records and segments, it is incomplete until it is whole, and then the same', () => {
  const names = fc.stringMatching(/^[a-z]{1,20}(\.[a-z]{1,20}){0,3}$/);
  fc.assert(
    fc.property(names, fc.array(fc.nat(200), { maxLength: 6 }), fc.nat(), (text, cuts, at) => {
      const whole = clientHello([...extension(43, [2, 3, 4]), ...serverName(text)]);
      const places = [...new Set([0, ...cuts.map((cut) => cut % whole.length), whole.length])].sort((a, b) => a - b);
      const bytes = places.slice(1).flatMap((end, index) => record(whole.slice(places[index], end)));
      assert.deepEqual(readHello([Buffer.from(bytes)]), hello(text));
      assert.deepEqual(readHello(bytes.map((byte) => Buffer.from([byte]))), hello(text));
      assert.equal(readHello([Buffer.from(bytes.slice(0, 1 + (at % (bytes.length - 1))))]), 'incomplete');
    }),
  );
});

test('ClientHelloReader: has a result or none for any bytes, also for those that begin well', () => {
  const start = fc.constantFrom([], [22, 3, 1], record(clientHello(name)).slice(0, 90));
  fc.assert(
    fc.property(start, fc.uint8Array({ maxLength: 300 }), (head, rest) => {
      const result = readHello([Buffer.from([...head, ...rest])]);
      assert.ok(typeof result === 'object' || ['other', 'incomplete', 'malformed'].includes(result));
    }),
  );
});

test('ClientHelloReader: GREASE is passed over (RFC 8701)', () => {
  const grease = [0x0a0a, 0x3a3a, 0xfafa].map((type) => extension(type, [0]));
  const extensions = [...(grease[0] ?? []), ...name, ...(grease[1] ?? []), ...(grease[2] ?? [])];
  assert.deepEqual(readHello([Buffer.from(record(clientHello(extensions)))]), hello('a.example'));
});

// Each piece made it read all of the pieces before it again: a tunnel of 60 kB in pieces of a byte took a minute.
test('ClientHelloReader: reads a byte once, however small the records and the pieces are', () => {
  const long = clientHello([...extension(21, Array(60_000).fill(0)), ...name]);
  const records = Buffer.from(long.flatMap((byte) => record([byte])));
  const begun = performance.now();
  assert.deepEqual(readHello(Array.from(records, (_, at) => records.subarray(at, at + 1))), hello('a.example'));
  // Reading them again each time is more than 10^10 steps.
  assert.ok(performance.now() - begun < 10_000);
});
