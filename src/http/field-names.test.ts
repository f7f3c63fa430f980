import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FieldNames } from './field-names.ts';

const rows: [name: string, members: readonly string[], has: boolean][] = [
  ['te', ['te', 'upgrade'], true],
  ['TE', ['te', 'upgrade'], true],
  ['Upgrade', ['te', 'upgrade'], true],
  ['Upgrades', ['te', 'upgrade'], false],
  ['T', ['te', 'upgrade'], false],
  ['ET', ['te', 'upgrade'], false],
  ['', ['te', 'upgrade'], false],
  ['X', [], false],
  ['toString', ['te'], false],
  ['x'.repeat(100_000), ['te'], false],
];
for (const [name, members, has] of rows) {
  test(`FieldNames: ${JSON.stringify(name.slice(0, 20))} is ${has ? 'a' : 'no'} member of [${members}]`, () => {
    assert.equal(new FieldNames(members).has(name), has);
  });
}
