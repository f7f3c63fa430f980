import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type PolicyRule, parsePolicyRules, policyRuleCommand, syncPolicyRules } from './policy-rule.ts';
import { scriptedEffects } from './scripted-effects.ts';

/** What `ip -N -d -j rule list` of iproute2 6.1 prints, with the command that made the rule. */
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
  ['{"priority":17739,"src":"all","fwmark":"0x4552","table":"17746"}', 'ip -4 rule add pref 17739 fwmark 0x4552 lookup 17746'],
  [
    '{"priority":17744,"src":"all","iif":"lo","ipproto":"ipproto-132","table":"17746"}',
    'ip -4 rule add pref 17744 iif lo ipproto 132 lookup 17746',
  ],
  [
    '{"priority":17740,"src":"fd01::7","iif":"lo","ipproto":"ipproto-6","sport_start":1,"sport_end":65534,"table":"254"}',
    'ip -4 rule add pref 17740 iif lo from fd01::7 ipproto 6 sport 1-65534 lookup main',
  ],
  [
    '{"priority":17743,"src":"all","iif":"lo","ipproto":"ipproto-1","dport_start":768,"dport_end":1535,"table":"254"}',
    'ip -4 rule add pref 17743 iif lo ipproto 1 dport 768-1535 lookup main',
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
  JSON.stringify(
    rules.map(({ priority, from, inputInterface, table }) => ({ priority, src: from ?? 'all', iif: inputInterface, table: String(table) })),
  );

/** A kernel that has the rules, and removes like Linux: the first that has what is named. */
function kernelWith(...rules: PolicyRule[]) {
  const present = rules.map((one) => policyRuleCommand('add', one).join(' '));
  const byCommand = new Map<string, PolicyRule>();
  const remember = (...known: readonly PolicyRule[]) => {
    for (const one of known) byCommand.set(policyRuleCommand('add', one).join(' '), one);
  };
  remember(...rules);
  const effects = scriptedEffects((line) => {
    if (line.includes('rule list')) return listing(...present.map((command) => byCommand.get(command) ?? assert.fail(command)));
    if (line.includes(' rule add ')) present.push(line);
    const named = / rule del (.*)/.exec(line)?.[1]?.split(' ') ?? [];
    const first = present.findIndex((command) => named.every((word) => command.split(' ').includes(word)));
    if (named.length > 0) present.splice(first, 1);
    return undefined;
  });
  return { ...effects, present, remember };
}

test('syncPolicyRules: adds all that is missing before it removes what is not wanted', async () => {
  const kernel = kernelWith(rule(17740, '10.0.0.1'), rule(17742, '10.0.0.9'));
  const wanted = [rule(17740, '10.0.0.2'), rule(17742, '10.0.0.9')];
  kernel.remember(...wanted);
  await syncPolicyRules(kernel.run, 'ipv4', wanted);
  assert.deepEqual(
    kernel.commands.filter((line) => !line.includes('rule list')),
    ['ip -4 rule add pref 17740 iif lo from 10.0.0.2 lookup main', 'ip -4 rule del pref 17740 iif lo from 10.0.0.1 lookup main'],
  );
});

test('syncPolicyRules: a foreign rule that names little goes too, though its removal hits ours first', async () => {
  const wanted = [rule(17740, '10.0.0.1'), rule(17740, '10.0.0.2')];
  const kernel = kernelWith(...wanted, { family: 'ipv4', priority: 17740, table: 254 });
  await syncPolicyRules(kernel.run, 'ipv4', wanted);
  assert.deepEqual(
    kernel.present.toSorted(),
    wanted.map((one) => policyRuleCommand('add', one).join(' ')),
  );
});

test('syncPolicyRules: gives up when somebody else puts a rule back again and again', async () => {
  const effects = scriptedEffects((line) => (line.includes('rule list') ? listing(rule(17741, '10.0.0.1')) : undefined));
  await assert.rejects(syncPolicyRules(effects.run, 'ipv4', []), { code: 'KERNEL_REFUSED' });
});

test('syncPolicyRules: rules of other priorities are not touched, equal ones neither', async () => {
  const kernel = kernelWith(rule(17738, '10.0.0.1'), rule(17742, '10.0.0.9'), rule(17746, '10.0.0.3'));
  assert.deepEqual(await syncPolicyRules(kernel.run, 'ipv4', [rule(17742, '10.0.0.9')]), []);
  assert.equal(kernel.commands.length, 1);
});
