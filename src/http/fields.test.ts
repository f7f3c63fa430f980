import assert from 'node:assert/strict';
import { test } from 'node:test';
import { elementsOf, formatFields, parseFields, valuesOf } from './fields.ts';
import { HttpError } from './http-error.ts';

const good: [line: string, fields: readonly string[]][] = [
  ['Host: a', ['Host', 'a']],
  ['Host:a', ['Host', 'a']],
  ['X:', ['X', '']],
  ['X: \t ', ['X', '']],
  ['X: \t a \tb\t ', ['X', 'a \tb']],
  ['X: a:b', ['X', 'a:b']],
  ['X: \xe9\xff', ['X', '\xe9\xff']],
  ["!#$%&'*+-.^_`|~9: x", ["!#$%&'*+-.^_`|~9", 'x']],
];
for (const [line, fields] of good) {
  test(`parseFields: ${JSON.stringify(line)} is a field`, () => assert.deepEqual(parseFields(line), fields));
}

const bad = [
  '',
  'X',
  ': x',
  'X : x',
  'X\t: x',
  ' X: x',
  '\tX: x',
  'X(y): z',
  'X\0: y',
  'X\xe9: y',
  'X: a\0',
  'X: a\x01b',
  'X: a\x7f',
  'X: a\rb',
  'X: a\nb',
  'X: a\n',
  'X: \r',
];
for (const line of bad) {
  test(`parseFields: ${JSON.stringify(line)} is refused, and the message has nothing of it`, () => {
    assert.throws(
      () => parseFields(`Good: 1\r\n${line}`),
      (error: Error) => error instanceof HttpError && /^[a-z ]+( [A-Z]+)?[a-z ,]*$/i.test(error.message) && !error.message.includes(': x'),
    );
  });
}

test('parseFields: lines are told apart by CRLF, from a place on, beyond which there may be none', () => {
  assert.deepEqual(parseFields('first line\r\nA: 1\r\nB: 2', 12), ['A', '1', 'B', '2']);
  assert.deepEqual(parseFields('first line', 12), []);
  assert.throws(() => parseFields('first line\r\n', 12), HttpError);
  assert.throws(() => parseFields('A: 1\r\n\r\nB: 2'), HttpError);
});

test('parseFields: a long run of spaces takes no longer than its length', () => {
  const begin = performance.now();
  assert.deepEqual(parseFields(`X: a${' '.repeat(1_000_000)}b${' '.repeat(1_000_000)}`)[0], 'X');
  // With its square it would be hours.
  assert.ok(performance.now() - begin < 10_000);
});

test('valuesOf: finds a field whatever its case, in order, and no other', () => {
  assert.deepEqual(valuesOf(['Via', 'a', 'Vias', 'b', 'VIA', 'c', 'X', 'via'], 'via'), ['a', 'c']);
});

test('elementsOf: the elements of all lines of a field, in lower case, empty ones too', () => {
  assert.deepEqual(elementsOf(['Connection', 'Close, X-One ,,', 'connection', 'x-two'], 'connection'), ['close', 'x-one', '', '', 'x-two']);
  assert.deepEqual(elementsOf(['Via', 'a'], 'connection'), []);
});

test('formatFields: each field has its line', () => {
  assert.equal(formatFields(['A', '1', 'a', '\xe9']), 'A: 1\r\na: \xe9\r\n');
  assert.equal(formatFields([]), '');
});
