import type { AccessPattern, AccessRule } from '../config/router-config.ts';
import { addressScope } from '../net/address-scope.ts';
import { type IpAddress, sameAddress } from '../net/ip-address.ts';
import { prefixContains, prefixCovers } from '../net/prefix.ts';
import type { Destination, Host } from './destination.ts';
import type { RuleIndex } from './rule-index.ts';
import { embeddedIpv4, type SpecialRange } from './special-ranges.ts';

/** What requests are judged by. */
export interface AccessPolicy {
  readonly rules: RuleIndex;
  readonly specialRanges: readonly SpecialRange[];
  readonly ownAddresses: readonly IpAddress[];
  /** Ports that this process listens on. */
  readonly ownPorts: readonly number[];
}

/** What becomes of a destination. `resolve`: it depends on the addresses of the name, or needs one to dial. */
export type Decision =
  | { readonly outcome: 'allow'; readonly addresses: readonly [AllowedAddress, ...AllowedAddress[]] }
  | DeniedAddress
  | { readonly outcome: 'resolve' };

/** An address that may be dialled, and the rule that allows it. */
export interface AllowedAddress {
  readonly outcome: 'allow';
  readonly address: IpAddress;
  readonly rule: AccessRule;
}

/**
 * Denied: by a `rule`; because no rule matched (`no-rule`); because the address is special and no rule names a part of that range
 * (`special-range`); because it is the router itself (`own-listener`). `rule` is the one that denies, or the first one that would have
 * allowed an address less special.
 */
export interface DeniedAddress {
  readonly outcome: 'deny';
  readonly reason: 'rule' | 'no-rule' | 'special-range' | 'own-listener';
  readonly rule: AccessRule | undefined;
  /** undefined when the name alone was enough. */
  readonly address: IpAddress | undefined;
  readonly range: SpecialRange | undefined;
}

/**
 * Decides about a destination; pure, and the only place that does. The first rule that matches wins; a rule that allows does not
 * match an address in a special range unless it is an address rule whose prefix lies inside that range. Names never come from
 * reverse DNS, addresses never from anywhere but `addresses`.
 * @param addresses what the name resolves to; undefined = not asked yet. Each is judged by itself. Of no meaning where the host is an address.
 */
export function decide(policy: AccessPolicy, { host, port }: Destination, addresses: readonly IpAddress[] | undefined): Decision {
  const candidates = host.kind === 'address' ? [host.address] : addresses;
  if (candidates === undefined) return decideByName(policy, host);
  const judged = candidates.map((address) => decideAddress(policy, host, port, dialable(address)));
  const [first, ...others] = judged.filter((each) => each.outcome === 'allow');
  if (first !== undefined) return { outcome: 'allow', addresses: [first, ...others] };
  return judged.find((each) => each.outcome === 'deny') ?? { outcome: 'resolve' };
}

function decideByName({ rules }: AccessPolicy, host: Host): Decision {
  const [rule] = rules.matching(host, []);
  if (rule === undefined && rules.firstPrefix === undefined) return deny('no-rule');
  const comesFirst = rules.firstPrefix === undefined || (rule !== undefined && rule.line < rules.firstPrefix.line);
  return comesFirst && rule?.action === 'deny' ? deny('rule', { rule }) : { outcome: 'resolve' };
}

function decideAddress(policy: AccessPolicy, host: Host, port: number, address: IpAddress): AllowedAddress | DeniedAddress {
  if (policy.ownPorts.includes(port) && isOwn(policy, address)) return deny('own-listener', { address });
  const embedded = embeddedIpv4(address);
  const forms = embedded === undefined ? [address] : [address, embedded];
  const ranges = policy.specialRanges.filter(({ prefix }) => forms.some((form) => prefixContains(prefix, form)));
  let shut: { rule: AccessRule; range: SpecialRange } | undefined;
  for (const rule of policy.rules.matching(host, forms)) {
    // An IPv6 rule that allows does not reach into IPv4.
    if (rule.action === 'allow' && !reaches(rule.pattern, embedded ?? address)) continue;
    if (rule.action === 'deny') return deny('rule', { rule, address });
    const range = ranges.find((each) => !opens(rule.pattern, each));
    if (range === undefined) return { outcome: 'allow', address, rule };
    shut ??= { rule, range };
  }
  return shut === undefined ? deny('no-rule', { address }) : deny('special-range', { address, ...shut });
}

/** Whether a rule that matches does so for this form of the address. */
function reaches(pattern: AccessPattern, form: IpAddress): boolean {
  return pattern.kind !== 'prefix' || prefixContains(pattern.prefix, form);
}

/** A shorter prefix does not open a special range that it happens to contain. */
function opens(pattern: AccessPattern, { prefix }: SpecialRange): boolean {
  return pattern.kind === 'prefix' && prefixCovers(prefix, pattern.prefix);
}

/** Linux takes the unspecified address as loopback, and a listener on every address is on all of 127.0.0.0/8. */
function isOwn({ ownAddresses }: AccessPolicy, address: IpAddress): boolean {
  const real = embeddedIpv4(address) ?? address;
  const scope = addressScope(real);
  return scope === 'loopback' || scope === 'unspecified' || ownAddresses.some((own) => sameAddress(own, real));
}

/** An IPv4-mapped address is never on a wire: it is its IPv4 address. NAT64 and 6to4 addresses are dialled as they are. */
function dialable(address: IpAddress): IpAddress {
  return addressScope(address) === 'mapped' ? (embeddedIpv4(address) ?? address) : address;
}

function deny(reason: DeniedAddress['reason'], details: Partial<Omit<DeniedAddress, 'outcome' | 'reason'>> = {}): DeniedAddress {
  return { outcome: 'deny', reason, rule: undefined, address: undefined, range: undefined, ...details };
}
