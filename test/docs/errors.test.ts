import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { problemCodes } from '../../src/config/config-error.ts';
import { routerErrorCodes } from '../../src/router-error.ts';

const document = readFileSync(new URL('../../docs/errors.md', import.meta.url), 'utf8');

test('docs/errors.md: has a row with cause and remedy for each code, in the order of the code, and no row more', () => {
  const matches = document.matchAll(/^\| `([A-Z_]+)` \|(.+)\|$/gm);
  const rows = [...matches].map(([, code = '', cells = '']) => ({ code, cells: cells.split(' | ') }));
  assert.deepEqual(
    rows.map(({ code }) => code),
    [...problemCodes, ...routerErrorCodes],
  );
  for (const { code, cells } of rows) assert.ok(cells.length === 2 && cells.every((cell) => cell.trim() !== ''), code);
});
