import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { choice, count, duration, interfaceName, listenPort, optionalPort, type ValueKind } from './value-kind.ts';

interface Case {
  readonly title: string;
  readonly kind: ValueKind<unknown>;
  readonly good: readonly (readonly [string, unknown])[];
  readonly bad: readonly string[];
}

const cases: readonly Case[] = [
  {
    title: 'duration: a whole number with ms, s, m or h, in milliseconds',
    kind: duration('1ms'),
    good: [
      ['1ms', 1],
      ['250ms', 250],
      ['10s', 10_000],
      ['007s', 7_000],
      ['1m', 60_000],
      ['1h', 3_600_000],
      ['576h', 2_073_600_000],
    ],
    bad: ['', '0s', '0ms', '10', '1.5s', '-1s', '+1s', '10 s', '10S', '1d', 's', '1h30m', '577h', '99999999999ms', '1s\n', '１s'],
  },
  {
    title: 'duration: zero only where it has a meaning',
    kind: duration('0s'),
    good: [
      ['0s', 0],
      ['0ms', 0],
    ],
    bad: ['0', ''],
  },
  {
    title: 'count: a whole number within its borders',
    kind: count(1, 100),
    good: [
      ['1', 1],
      ['100', 100],
    ],
    bad: ['', '0', '101', '01', '-1', '1.0', '1e1', '0x1', ' 1', 'one'],
  },
  {
    title: 'choice: one of the words, as they are written',
    kind: choice('on', 'off'),
    good: [
      ['on', 'on'],
      ['off', 'off'],
    ],
    bad: ['', 'On', 'true', '1', 'on off', 'constructor'],
  },
  { title: 'listenPort: 1 to 65535', kind: listenPort, good: [['8080', 8080]], bad: ['', '0', '65536', '080', 'http'] },
  {
    title: 'optionalPort: as well, and 0 for none',
    kind: optionalPort,
    good: [
      ['9090', 9090],
      ['0', undefined],
    ],
    bad: ['', '00', '65536', 'off'],
  },
  {
    title: 'interfaceName: what the kernel, ip and nft all take as a name',
    kind: interfaceName,
    good: [
      ['eth0', 'eth0'],
      ['net1.100', 'net1.100'],
      ['a-b_c.d', 'a-b_c.d'],
      ['fifteen-letters', 'fifteen-letters'],
    ],
    bad: ['', '.', '..', '-eth0', 'eth 0', 'eth0/1', 'eth"0', 'eth:0', 'sixteen--letters', 'ëth0', 'eth0\n', '*'],
  },
];

for (const { title, kind, good, bad } of cases) {
  test(title, () => {
    for (const [text, value] of good) assert.deepEqual(kind.parse(text), { value }, text);
    for (const text of bad) assert.equal(kind.parse(text), undefined, JSON.stringify(text));
  });
}

test('duration: whatever the string, the result is undefined or within what a timer of Node can wait for', () => {
  const near = fc.tuple(fc.nat(), fc.constantFrom('ms', 's', 'm', 'h', '')).map((parts) => parts.join(''));
  fc.assert(
    fc.property(fc.oneof(fc.string(), near), (text) => {
      const parsed = duration('0s').parse(text);
      assert.ok(parsed === undefined || (Number.isSafeInteger(parsed.value) && parsed.value >= 0 && parsed.value < 2 ** 31));
    }),
  );
});
