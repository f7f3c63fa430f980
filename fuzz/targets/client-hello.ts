import fc from 'fast-check';
import type { ClientScript } from '../client.ts';
import { ViolationError } from '../invariant.ts';
import { cut, mutated } from '../mutation.ts';
import { readServerName } from '../openssl.ts';
import type { Target } from '../target.ts';
import { isForbiddenName } from '../world.ts';

const u16 = (value: number) => [(value >> 8) & 255, value & 255];
const vector = (size: 1 | 2, bytes: readonly number[]) => [...(size === 1 ? [bytes.length & 255] : u16(bytes.length)), ...bytes];
const extension = (type: number, bytes: readonly number[]) => [...u16(type), ...vector(2, bytes)];
const serverName = (name: string) => extension(0, vector(2, [0, ...vector(2, [...Buffer.from(name)])]));

/** What OpenSSL needs to read on: groups, point formats, signature algorithms (RFC 8446 4.2). */
const needed = [
  ...extension(10, vector(2, [0, 29, 0, 23])),
  ...extension(11, vector(1, [0])),
  ...extension(13, vector(2, [8, 4, 4, 1, 4, 3])),
];
const others: readonly (readonly number[])[] = [
  extension(0x0a0a, []),
  extension(16, vector(2, vector(1, [...Buffer.from('http/1.1')]))),
  extension(43, vector(1, [3, 4, 3, 3])),
  extension(0xfe0d, [0, 0, 1, 0, 1, 5, 0, 0]),
  extension(21, Array(40).fill(0)),
];

const names = [
  'open.test',
  'denied.test',
  'DENIED.test',
  'below.denied.test',
  'denied.test.',
  'unknown.test',
  '127.0.0.1',
  'a\0.denied.test',
  '',
];

/** Server names that end too early, or go on. */
const odd: readonly (readonly number[])[] = [
  extension(0, []),
  extension(0, [0]),
  extension(0, [0, 0]),
  extension(0, [0, 1, 0]),
  extension(0, [0, 2, 0, 0]),
  extension(0, vector(2, [1, 0, 1, 97])),
  extension(0, [...vector(2, [0, 0, 1, 97]), 0]),
];
const tails: readonly (readonly number[])[] = [[0], [0, 0], [0, 0, 0], [0, 0, 0, 9]];

const latin1 = (bytes: readonly number[]) => Buffer.from(bytes).toString('latin1');
const octets = (text: string) => [...Buffer.from(text, 'latin1')];

const rarely = (choices: readonly (readonly number[])[]) =>
  fc.oneof({ weight: 5, arbitrary: fc.constant<readonly number[]>([]) }, { weight: 1, arbitrary: fc.constantFrom(...choices) });

const extensions = fc
  .record({
    names: fc.oneof(
      { weight: 4, arbitrary: fc.constantFrom(...names).map((name) => [name]) },
      { weight: 1, arbitrary: fc.array(fc.constantFrom(...names), { maxLength: 2 }) },
    ),
    odd: rarely(odd),
    tail: rarely(tails),
    others: fc.subarray([...others]),
    place: fc.nat(others.length),
  })
  .map((it) =>
    latin1([
      ...it.others.slice(0, it.place).flat(),
      ...it.names.flatMap(serverName),
      ...it.odd,
      ...needed,
      ...it.others.slice(it.place).flat(),
      ...it.tail,
    ]),
  );

// Each layer is changed inside before the next one, whose lengths are right, is put around it: a wrong length outside hides all faults within.
const body = fc.record({ session: fc.constantFrom(0, 32), extensions: mutated(extensions, 2, ['denied.test']) }).map((it) => {
  const session = vector(1, Array(it.session).fill(9));
  const ciphers = vector(2, [0x0a, 0x0a, 0xc0, 0x2f, 0xc0, 0x2b]);
  return latin1([3, 3, ...Array(32).fill(7), ...session, ...ciphers, 1, 0, ...vector(2, octets(it.extensions))]);
});
const message = mutated(body, 1).map((text) => latin1([1, 0, ...u16(text.length)]) + text);

/** Wraps handshake bytes in records, one for each piece. */
const records = (pieces: readonly string[]) => pieces.map((piece) => latin1([22, 3, 1, ...u16(piece.length)]) + piece).join('');

const flight = mutated(cut(mutated(message, 1)).map(records), 2, ['\x16\x03\x01\0\0', '\x15\x03\x01\0\x02\x02\x28']);
const behind = fc.constantFrom('', '\x14\x03\x03\0\x01\x01', 'more');

/** What a TLS client sends through a tunnel, in pieces, and what it does then. */
interface HelloCase {
  readonly authority: string;
  readonly script: ClientScript;
}

const cases: fc.Arbitrary<HelloCase> = fc.record({
  authority: fc.constantFrom('open.test:443', '198.51.100.1:443', 'mixed.test:443'),
  script: fc.record({
    pieces: cut(fc.tuple(flight, behind).map((parts) => parts.join(''))),
    last: fc.oneof({ weight: 9, arbitrary: fc.constant('ends' as const) }, { weight: 1, arbitrary: fc.constant('resets' as const) }),
  }),
});

/** Mutated ClientHellos behind CONNECT: what reaches the destination is what was sent, or nothing, and names nobody whom the list denies. */
export const clientHello: Target<HelloCase> = {
  name: 'client-hello',
  cases,
  async play(stage, { authority, script }) {
    const pieces = [`CONNECT ${authority} HTTP/1.1\r\nHost: x\r\n\r\n`, ...script.pieces];
    const { received, deeds } = await stage.play({ ...script, pieces }, () => {});
    const sent = script.pieces.join('');
    if (received.length > 1) throw new ViolationError('one-request', `one CONNECT made ${received.length} connections`);
    const [arrived = ''] = received;
    if (!sent.startsWith(arrived))
      throw new ViolationError('one-request', `the bytes of a tunnel are not those that were sent: ${JSON.stringify(arrived)}`);
    const name = arrived === '' ? undefined : await readServerName(arrived);
    if (name !== undefined && isForbiddenName(name)) throw new ViolationError('reach', `a ClientHello for ${name} arrived`);
    const line = deeds.lines.find(({ msg }) => msg === 'tunnel');
    if (script.last === 'ends' && line?.decision === 'allow' && arrived !== sent) {
      throw new ViolationError('one-request', `of ${sent.length} bytes through an allowed tunnel ${arrived.length} arrived`);
    }
  },
};
