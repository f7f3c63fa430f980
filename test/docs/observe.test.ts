import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { logFields } from '../../src/observe/log-fields.ts';

test('observe.md: the table of log fields is the one that the code has', () => {
  const doc = readFileSync(new URL('../../docs/observe.md', import.meta.url), 'utf8');
  const rows = Object.entries(logFields).map(([name, holds]) => `| \`${name}\` | ${holds} |`);
  assert.ok(doc.includes(`| field | holds |\n|---|---|\n${rows.join('\n')}\n\n`), `the table should be:\n${rows.join('\n')}`);
});
