import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseAccessList } from '../config/access-list.ts';
import type { AccessRule } from '../config/router-config.ts';
import { type IpAddress, parseIpAddress } from '../net/ip-address.ts';
import { prefixContains, prefixCovers } from '../net/prefix.ts';
import { decide } from './decide.ts';
import { type Host, parseHost } from './destination.ts';
import { RuleIndex } from './rule-index.ts';
import { embeddedIpv4, specialRanges } from './special-ranges.ts';

/** Whether a rule matches, by itself: what an access list means. */
function matches({ pattern }: AccessRule, host: Host, forms: readonly IpAddress[]): boolean {
  if (pattern.kind === 'any') return true;
  if (pattern.kind === 'prefix') return forms.some((form) => prefixContains(pattern.prefix, form));
  if (host.kind === 'address') return false;
  return host.name === pattern.name || (pattern.kind === 'domain' && host.name.endsWith(`.${pattern.name}`));
}

/** The plain judge: looks at one rule after the other. What he says is `resolve`, or for each address the line that allows or denies it. */
function judgePlainly(rules: readonly AccessRule[], host: Host, addresses: readonly IpAddress[] | undefined): string {
  if (host.kind === 'address') return judgeAddress(rules, host, host.address);
  if (addresses === undefined) {
    const first = rules.find((rule) => rule.pattern.kind === 'prefix' || matches(rule, host, []));
    if (first === undefined) return 'deny no-rule';
    return first.pattern.kind === 'prefix' || first.action === 'allow' ? 'resolve' : `deny rule ${first.line}`;
  }
  const judged = addresses.map((address) => judgeAddress(rules, host, address));
  const allowed = judged.filter((each) => each.startsWith('allow'));
  return allowed.length > 0 ? allowed.join() : (judged[0] ?? 'resolve');
}

function judgeAddress(rules: readonly AccessRule[], host: Host, address: IpAddress): string {
  const real = embeddedIpv4(address) ?? address;
  const special = ranges.filter(({ prefix }) => prefixContains(prefix, address) || prefixContains(prefix, real));
  let shut = '';
  for (const rule of rules) {
    const { action, pattern, line } = rule;
    if (!matches(rule, host, action === 'deny' ? [address, real] : [real])) continue;
    if (action === 'deny') return `deny rule ${line}`;
    if (special.every(({ prefix }) => pattern.kind === 'prefix' && prefixCovers(prefix, pattern.prefix)))
      return `allow ${address.text} ${line}`;
    shut ||= `deny special-range ${line}`;
  }
  return shut || 'deny no-rule';
}

function judgeByIndex(rules: readonly AccessRule[], host: Host, addresses: readonly IpAddress[] | undefined): string {
  const policy = { rules: new RuleIndex(rules), specialRanges: ranges, ownAddresses: [], ownPorts: [] };
  const decision = decide(policy, { host, port: 80 }, addresses);
  if (decision.outcome === 'resolve') return 'resolve';
  if (decision.outcome === 'allow') return decision.addresses.map(({ address, rule }) => `allow ${address.text} ${rule.line}`).join();
  return ['deny', decision.reason, decision.rule?.line].filter((each) => each !== undefined).join(' ');
}

const label = fc.constantFrom('a', 'b', 'aa', 'ba');
const name = fc.array(label, { minLength: 1, maxLength: 4 }).map((labels) => labels.join('.'));
/** Ordinary and special ones, and those in which an IPv4 address is embedded. */
const addressText = fc.constantFrom(
  ...['192.0.2.1', '192.0.2.129', '198.51.100.7', '127.0.0.1', '169.254.169.254', '0.0.0.0'],
  ...['2001:db8::1', '2001:db8:ffff::1', '64:ff9b::192.0.2.1', '64:ff9b::127.0.0.1', '2002:c000:201::', '::1', 'fe80::1'],
);
const prefixText = fc
  .tuple(addressText, fc.integer({ min: 0, max: 128 }))
  .map(([text, length]) => `${text}/${text.includes(':') ? length : length % 33}`);
const pattern = fc.oneof(
  name,
  name.map((text) => `*.${text}`),
  addressText,
  prefixText,
);
const line = fc.tuple(fc.boolean(), pattern).map(([denies, text]) => (denies ? `!${text}` : text));
const list = fc
  .tuple(fc.array(line, { maxLength: 30 }), fc.constantFrom(...['', '*', '!*']))
  .map(([lines, last]) => [...lines, ...(last === '' ? [] : [last])]);

function rulesOf(lines: readonly string[]): readonly AccessRule[] {
  return parseAccessList({ variable: 'LIST', text: lines.join('\n') }, []).value?.rules ?? [];
}

function addressesOf(texts: readonly string[]): IpAddress[] {
  return texts.flatMap((text) => parseIpAddress(text) ?? []);
}

const ranges = specialRanges({ nameservers: [], apiServer: undefined, cidrs: [] }, addressesOf(['192.0.2.129']));
const host = fc.oneof(
  name,
  addressText.map((text) => (text.includes(':') ? `[${text}]` : text)),
);

test('RuleIndex.matching: finds the rules that match by themselves, in the order of the list', () => {
  fc.assert(
    fc.property(list, host, fc.array(addressText, { maxLength: 3 }), (lines, hostText, texts) => {
      const rules = rulesOf(lines);
      const wanted = parseHost(hostText);
      assert.ok(wanted);
      const forms = addressesOf(texts);
      assert.deepEqual(
        new RuleIndex(rules).matching(wanted, forms),
        rules.filter((rule) => matches(rule, wanted, forms)),
      );
    }),
    { numRuns: 1_000 },
  );
});

test('decide: judges by the index as a judge does who looks at one rule after the other', () => {
  const answers = fc.option(fc.array(addressText, { maxLength: 4 }), { nil: undefined });
  fc.assert(
    fc.property(list, host, answers, (lines, hostText, texts) => {
      const rules = rulesOf(lines);
      const wanted = parseHost(hostText);
      assert.ok(wanted);
      const addresses = texts && addressesOf(texts);
      assert.equal(judgeByIndex(rules, wanted, addresses), judgePlainly(rules, wanted, addresses));
    }),
    { numRuns: 2_000 },
  );
});

test('RuleIndex.matching: a name of many labels in a list of many rules is found at once', () => {
  const lines = Array.from({ length: 10_000 }, (_, index) => `*.domain-${index}.example`);
  const wanted = parseHost(`${'a.'.repeat(50)}domain-9999.example`);
  assert.ok(wanted);
  assert.deepEqual(
    new RuleIndex(rulesOf(lines)).matching(wanted, []).map((rule) => rule.line),
    [10_000],
  );
});
