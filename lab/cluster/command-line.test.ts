import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseWishes, type Wishes } from './command-line.ts';

const all = ['test/cluster/**/*.test.ts'];

const understood: readonly (readonly [args: string, wishes: Wishes])[] = [
  ['', { files: all, keep: false, long: false }],
  ['--long', { files: all, keep: false, long: true }],
  ['--keep', { files: [], keep: true, long: false }],
  ['--keep a.test.ts b.test.ts', { files: ['a.test.ts', 'b.test.ts'], keep: true, long: false }],
  ['a.test.ts --long', { files: ['a.test.ts'], keep: false, long: true }],
];

for (const [args, wishes] of understood) {
  test(`parseWishes: '${args}' runs ${wishes.files.join(', ') || 'nothing'}${wishes.keep ? ' and keeps the cluster' : ''}`, () => {
    assert.deepEqual(parseWishes(args.split(' ').filter((word) => word !== '')), wishes);
  });
}

for (const args of [['--kep'], ['--keep=yes'], ['-k']]) {
  test(`parseWishes: '${args}' is refused`, () => {
    assert.throws(() => parseWishes(args), TypeError);
  });
}
