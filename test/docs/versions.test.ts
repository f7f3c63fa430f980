import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { documents } from './documents.ts';

const { version } = JSON.parse(readFileSync('package.json', 'utf8'));

test('documents: images and archives that they name are of this version', () => {
  const named = documents.flatMap((document) => {
    const text = readFileSync(document, 'utf8');
    return [...text.matchAll(/(?:egress-router[:-]|newTag: )(\d+\.\d+\.\d+)/g)].map(([name, found]) => ({ document, name, found }));
  });
  assert.notEqual(named.length, 0);
  assert.deepEqual(
    named.filter(({ found }) => found !== version),
    [],
  );
});
