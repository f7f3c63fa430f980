import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type PolicyRule, parsePolicyRules, policyRuleCommand, syncPolicyRules } from './policy-rule.ts';
import { scriptedEffects } from './scripted-effects.ts';

/** What `ip -N -j rule list` of iproute2 6.1 prints, with the command that made the rule. */
const listed: readonly (readonly [string, string])[] = [
  ['{"priority":17740,"src":"10.1.2.3","iif":"lo","table":"254"}', 'ip -4 rule add pref 17740 iif lo from 10.1.2.3 lookup main'],
  [
    '{"priority":17741,"src":"all","dst":"10.96.0.10","iif":"lo","ipproto":"ipproto-17","dport":53,"table":"254"}',
    'ip -4 rule add pref 17741 iif lo to 10.96.0.10 ipproto 17 dport 53 lookup main',
  ],
  [
    '{"priority":17741,"src":"all","dst":"10.96.0.0","dstlen":16,"iif":"lo","table":"254"}',
    'ip -4 rule add pref 17741 iif lo to 10.96.0.0/16 lookup main',
  ],
  ['{"priority":17743,"src":"all","fwmark":"0x4552","table":"17746"}', 'ip -4 rule add pref 17743 fwmark 0x4552 lookup 17746'],
  [
    '{"priority":17744,"src":"all","iif":"lo","ipproto":"ipproto-132","table":"17746"}',
    'ip -4 rule add pref 17744 iif lo ipproto 132 lookup 17746',
  ],
  ['{"priority":17745,"src":"all","iif":"eth0","table":"17746"}', 'ip -4 rule add pref 17745 iif eth0 lookup 17746'],
];

for (const [json, command] of listed) {
  test(`parsePolicyRules: what the kernel lists is the rule of '${command}'`, () => {
    const [rule] = parsePolicyRules(`[${json}]`, 'ipv4');
    assert.ok(rule !== undefined);
    assert.equal(policyRuleCommand('add', rule).join(' '), command);
  });
}

test('parsePolicyRules: an empty listing has no rules', () => {
  assert.deepEqual(parsePolicyRules('', 'ipv6'), []);
});

const rule = (priority: number, from: string): PolicyRule => ({ family: 'ipv4', priority, inputInterface: 'lo', from, table: 254 });
const listing = (...rules: readonly PolicyRule[]) =>
  JSON.stringify(rules.map(({ priority, from, table }) => ({ priority, src: from, iif: 'lo', table: String(table) })));

test('syncPolicyRules: adds all that is missing before it removes what is not wanted', async () => {
  const effects = scriptedEffects((line) =>
    line.includes('rule list') ? listing(rule(17740, '10.0.0.1'), rule(17742, '10.0.0.9')) : undefined,
  );
  await syncPolicyRules(effects.run, 'ipv4', [rule(17740, '10.0.0.2'), rule(17742, '10.0.0.9')]);
  assert.deepEqual(effects.commands.slice(1), [
    'ip -4 rule add pref 17740 iif lo from 10.0.0.2 lookup main',
    'ip -4 rule del pref 17740 iif lo from 10.0.0.1 lookup main',
  ]);
});

test('syncPolicyRules: rules of other priorities are not touched, equal ones neither', async () => {
  const effects = scriptedEffects(() => listing(rule(17739, '10.0.0.1'), rule(17742, '10.0.0.9'), rule(17746, '10.0.0.3')));
  assert.deepEqual(await syncPolicyRules(effects.run, 'ipv4', [rule(17742, '10.0.0.9')]), []);
  assert.equal(effects.commands.length, 1);
});
