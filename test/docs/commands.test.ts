import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

const doc = readFileSync(new URL('../../docs/commands.md', import.meta.url), 'utf8');
const sections = new Map(doc.split(/^## /m).map((section) => [section.slice(0, section.indexOf('\n')).replaceAll('`', ''), section]));

function help(...words: readonly string[]): string {
  return spawnSync('bin/egress-router', [...words, '--help'], { encoding: 'utf8' }).stdout;
}

function commandsIn(text: string): string[] {
  return [...(text.split('Commands:')[1] ?? '').matchAll(/^ {2}(\w+)/gm)].flatMap(([, name]) => name ?? []);
}

function optionsIn(text: string): string[] {
  return [...text.matchAll(/(--[a-z-]+)/g)].flatMap(([, option]) => option ?? []).filter((option) => option !== '--help');
}

test('commands.md: every command has a section, and every section is a command', () => {
  const headings = [...sections.keys()].slice(1);
  assert.deepEqual(headings, ['No command', ...commandsIn(help())]);
});

test('commands.md: the options of each section are the options of the command', () => {
  for (const name of commandsIn(help())) {
    const rows = (sections.get(name) ?? '').split('\n').filter((line) => line.startsWith('| `--'));
    assert.deepEqual(rows.flatMap((row) => optionsIn(row.split('|')[1] ?? '')).sort(), optionsIn(help(name)).sort(), name);
  }
});
