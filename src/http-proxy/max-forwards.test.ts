import assert from 'node:assert/strict';
import { test } from 'node:test';
import { countForward } from './max-forwards.ts';

test('countForward: counts down for OPTIONS and TRACE, and leaves every other field and method alone', () => {
  const cases: [method: string, fields: string[], counted: string[] | undefined][] = [
    ['OPTIONS', ['A', 'b', 'max-Forwards', '10', 'C', 'd'], ['A', 'b', 'max-Forwards', '9', 'C', 'd']],
    ['TRACE', ['Max-Forwards', '1'], ['Max-Forwards', '0']],
    ['TRACE', ['Max-Forwards', '0'], undefined],
    ['OPTIONS', ['Max-Forwards', '000'], undefined],
    ['OPTIONS', ['Max-Forwards', '9'.repeat(30)], ['Max-Forwards', '2147483646']],
    ['OPTIONS', ['X', 'Max-Forwards'], ['X', 'Max-Forwards']],
    ['OPTIONS', [], []],
    ['GET', ['Max-Forwards', '0'], ['Max-Forwards', '0']],
    ['POST', ['Max-Forwards', 'x'], ['Max-Forwards', 'x']],
  ];
  for (const [method, fields, counted] of cases) assert.deepEqual(countForward(method, fields), counted, `${method} ${fields}`);
});

test('countForward: what is not one decimal number is refused', () => {
  for (const fields of [
    ['Max-Forwards', ''],
    ['Max-Forwards', '-1'],
    ['Max-Forwards', '1.5'],
    ['Max-Forwards', '1', 'max-forwards', '1'],
  ]) {
    assert.throws(() => countForward('OPTIONS', fields), { kind: 'bad-request' });
  }
});
