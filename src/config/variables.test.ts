import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { parseAccessList } from './access-list.ts';
import { parseDnsRouteList } from './dns-route-list.ts';
import { parseHttpClients } from './http-clients.ts';
import { parseRedirectList } from './redirect-list.ts';
import { parseSourceIps } from './source-ip-variables.ts';
import { parseUserList } from './user-list.ts';
import { plainVariables, settingVariables } from './variables.ts';

const document = readFileSync(new URL('../../docs/configuration.md', import.meta.url), 'utf8');

function row(...cells: readonly string[]): string {
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
}

/** The text of the first example below the heading. */
function example(heading: string): string {
  const [, , text] = new RegExp(`^#+ ${heading}\n(.*?)^\`\`\`text\n(.*?)^\`\`\``, 'ms').exec(document) ?? [];
  assert.ok(text, `docs/configuration.md has an example below '${heading}'`);
  return text;
}

test('variables: docs/configuration.md has a row for each, in the order and the words of the table, and no row more', () => {
  const plain = Object.entries(plainVariables).map(([name, { container, sets, accepted }]) =>
    row(`\`${name}\``, container, sets, accepted),
  );
  const settings = Object.values(settingVariables).map(({ name, container, sets, accepted, default: standard, reason }) =>
    row(`\`${name}\``, container, sets, accepted, `\`${standard}\``, reason),
  );
  const rows = document.split('\n').filter((line) => /^\| `EGRESS_\w+` \| (init|main|both) \|/.test(line));
  assert.deepEqual(rows, [...plain, ...settings]);
});

test('variables: the document speaks of no variable that is not in the table', () => {
  const known = new Set([...Object.keys(plainVariables), ...Object.values(settingVariables).map(({ name }) => name)]);
  for (const [name] of document.matchAll(/EGRESS_[A-Z_]+/g)) assert.ok(known.has(name), name);
});

test('variables: each name occurs once, and each default is of its kind', () => {
  const settings = Object.values(settingVariables);
  const names = [...Object.keys(plainVariables), ...settings.map(({ name }) => name)];
  assert.deepEqual(names, [...new Set(names)]);
  for (const { name, kind, default: standard } of settings) assert.notEqual(kind.parse(standard), undefined, name);
});

test('variables: every example of the document is accepted', () => {
  const variable = 'docs/configuration.md';
  const lists = [
    parseRedirectList({ variable, text: example('Redirect') }, ['ipv4', 'ipv6']),
    parseAccessList({ variable, text: example('HTTP proxy') }, ['ipv4', 'ipv6']),
    parseDnsRouteList({ variable, text: example('DNS proxy') }, ['ipv4', 'ipv6']),
    parseUserList({ variable, text: example('Users') }),
    parseHttpClients(
      { role: 'run', mode: 'http-proxy', printOnly: false },
      { EGRESS_HTTP_PROXY_CLIENTS: example('Clients of the HTTP proxy') },
      () => '',
    ),
  ];
  for (const { problems } of lists) assert.deepEqual(problems, []);
  const assignments = example('Source IP and gateway')
    .trim()
    .split('\n')
    .map((line) => line.split('='));
  const { value, problems } = parseSourceIps(Object.fromEntries(assignments), true);
  assert.deepEqual([value.length, problems], [2, []]);
});
