import type { PortRange } from '../config/router-config.ts';
import type { Family } from '../net/ip-address.ts';
import type { Run } from '../net/run.ts';
import { RouterError } from '../router-error.ts';
import { familyOption, priority } from './routing.ts';
import { runCommand } from './run-command.ts';

/** A rule that chooses the routing table for a packet: the first that matches, by priority, and whose table has a route. */
export interface PolicyRule {
  readonly family: Family;
  readonly priority: number;
  /** An address, `NETWORK/LENGTH`, or in a printed plan a word for what is not known yet. */
  readonly from?: string;
  readonly to?: string;
  /** `lo` = what this host itself sends. */
  readonly inputInterface?: string;
  readonly mark?: number;
  /** IANA number. */
  readonly protocol?: number;
  /** 1 to 65534: more a rule does not know (net/fib_rules.h, fib_rule_port_range_valid). */
  readonly sourcePorts?: PortRange;
  /** Of ICMP: `icmpTypes`. */
  readonly destinationPorts?: PortRange;
  readonly table: number;
}

/**
 * ICMP types as the ports of a rule: where a packet of TCP has its destination port, the key of a look-up has the type of ICMP in the upper byte and
 * its code in the lower (net/flow.h, flowi_uli). It holds for what this host itself sends; for what it forwards or checks, the kernel fills in no type.
 */
export function icmpTypes(first: number, last: number): PortRange {
  return { first: first << 8, last: Math.min((last << 8) | 0xff, 0xfffe) };
}

/** The words for `ip rule add` and `ip rule del`. */
function policyRuleWords(rule: PolicyRule): string[] {
  const words = ['pref', String(rule.priority)];
  if (rule.inputInterface !== undefined) words.push('iif', rule.inputInterface);
  if (rule.from !== undefined) words.push('from', rule.from);
  if (rule.to !== undefined) words.push('to', rule.to);
  if (rule.mark !== undefined) words.push('fwmark', `0x${rule.mark.toString(16)}`);
  if (rule.protocol !== undefined) words.push('ipproto', String(rule.protocol));
  if (rule.sourcePorts !== undefined) words.push('sport', portWord(rule.sourcePorts));
  if (rule.destinationPorts !== undefined) words.push('dport', portWord(rule.destinationPorts));
  words.push('lookup', rule.table === 254 ? 'main' : String(rule.table));
  return words;
}

/** The command that adds or removes a rule, also its identity: equal commands, equal rules. */
export function policyRuleCommand(verb: 'add' | 'del', rule: PolicyRule): string[] {
  return ['ip', familyOption(rule.family), 'rule', verb, ...policyRuleWords(rule)];
}

/**
 * Makes the family's rules of our priorities equal to `wanted`. All missing rules are added before any other goes: no packet meets a gap.
 * @returns the commands that were run
 * @throws RouterError
 */
export async function syncPolicyRules(run: Run, family: Family, wanted: readonly PolicyRule[]): Promise<string[][]> {
  const done: string[][] = [];
  for (let pass = 0; pass < maxPasses; pass += 1) {
    const present = (await readPolicyRules(run, family)).filter(isOurs);
    const commands = [
      ...without(wanted, present).map((rule) => policyRuleCommand('add', rule)),
      ...without(present, wanted).map((rule) => policyRuleCommand('del', rule)),
    ];
    if (commands.length === 0) return done;
    for (const command of commands) await runCommand(run, command);
    done.push(...commands);
  }
  throw new RouterError(
    'KERNEL_REFUSED',
    `the policy rules of ${family} do not become as planned: ${done.map((command) => command.join(' ')).join('; ')}`,
    `see 'ip ${familyOption(family)} rule': somebody else changes the rules of the priorities ${priority.icmpErrors} to ${priority.redirected}`,
  );
}

/**
 * The kernel removes the first rule that has what is named, whatever else it has: the removal of a foreign rule that names little may hit one of
 * ours. That one is added again, behind the foreign one, so each pass gets one further.
 */
const maxPasses = 16;

/** The family's rules, all of them, in the kernel's order. Needs no privileges. @throws RouterError */
export async function readPolicyRules(run: Run, family: Family): Promise<PolicyRule[]> {
  return parsePolicyRules(await runCommand(run, ['ip', familyOption(family), '-N', '-d', '-j', 'rule', 'list']), family);
}

/** Parses what `ip -N -d -j rule list` prints. */
export function parsePolicyRules(json: string, family: Family): PolicyRule[] {
  return (JSON.parse(json || '[]') as readonly ListedRule[]).map((listed) => ({
    family,
    priority: listed.priority,
    ...optional('inputInterface', listed.iif),
    ...optional('from', prefixText(listed.src, listed.srclen)),
    ...optional('to', prefixText(listed.dst, listed.dstlen)),
    ...optional('mark', listed.fwmark === undefined ? undefined : Number(listed.fwmark)),
    // Without /etc/protocols, or with -N, iproute2 6.1 writes `ipproto-17`.
    ...optional('protocol', listed.ipproto === undefined ? undefined : Number(listed.ipproto.replace('ipproto-', ''))),
    ...optional('sourcePorts', listedPorts(listed.sport, listed.sport_start, listed.sport_end)),
    ...optional('destinationPorts', listedPorts(listed.dport, listed.dport_start, listed.dport_end)),
    table: Number(listed.table ?? 0),
  }));
}

/** Those of `rules` that `others` lacks; the two families' rules are different ones. */
export function without(rules: readonly PolicyRule[], others: readonly PolicyRule[]): PolicyRule[] {
  const commands = new Set(others.map((rule) => policyRuleCommand('add', rule).join(' ')));
  return rules.filter((rule) => !commands.has(policyRuleCommand('add', rule).join(' ')));
}

interface ListedRule {
  readonly priority: number;
  readonly src?: string;
  readonly srclen?: number;
  readonly dst?: string;
  readonly dstlen?: number;
  readonly iif?: string;
  readonly fwmark?: string;
  readonly ipproto?: string;
  readonly sport?: number;
  readonly sport_start?: number;
  readonly sport_end?: number;
  readonly dport?: number;
  readonly dport_start?: number;
  readonly dport_end?: number;
  readonly table?: string;
}

function isOurs(rule: PolicyRule): boolean {
  return rule.priority >= priority.icmpErrors && rule.priority <= priority.redirected;
}

function portWord({ first, last }: PortRange): string {
  return first === last ? String(first) : `${first}-${last}`;
}

function listedPorts(one: number | undefined, first: number | undefined, last: number | undefined): PortRange | undefined {
  if (one !== undefined) return { first: one, last: one };
  return first === undefined || last === undefined ? undefined : { first, last };
}

function prefixText(address: string | undefined, length: number | undefined): string | undefined {
  if (address === undefined || address === 'all') return undefined;
  return length === undefined ? address : `${address}/${length}`;
}

function optional<Name extends string, Value>(name: Name, value: Value | undefined): { [Key in Name]?: Value } {
  return value === undefined ? {} : ({ [name]: value } as { [Key in Name]: Value });
}
