import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseAccessList } from '../../src/config/access-list.ts';
import { makeRuleList } from './rule-list.ts';

test('makeRuleList: makes so many different lines of every kind, of which the last allows the name', () => {
  const lines = makeRuleList(10_000, 'origin.test');
  assert.equal(new Set(lines.map((line) => line.replace('!', ''))).size, 10_000);
  const { value, problems } = parseAccessList({ variable: 'EGRESS_HTTP_PROXY_DESTINATION', text: lines.join('\n') }, ['ipv4']);
  assert.deepEqual(problems, []);
  const kinds = new Set(value?.rules.map(({ action, pattern }) => `${action} ${pattern.kind}`));
  assert.equal(kinds.size, 6);
  assert.deepEqual(value?.rules.at(-1)?.pattern, { kind: 'host', name: 'origin.test' });
});

test('makeRuleList: one line is the name itself', () => {
  assert.deepEqual(makeRuleList(1, 'origin.test'), ['origin.test']);
});
