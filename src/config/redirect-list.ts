import { addressScope } from '../net/address-scope.ts';
import { type Family, type IpAddress, parseIpAddress } from '../net/ip-address.ts';
import type { Parsed } from './config-error.ts';
import { ListProblems } from './list-problems.ts';
import { type Line, type ListSource, splitLines } from './list-source.ts';
import { PortClaims } from './port-claims.ts';
import { type Fallback, type PortRange, protocols, type RedirectList, type RedirectRule } from './router-config.ts';
import { plainVariables } from './variables.ts';

/**
 * Parses the list of redirect mode: a rule a line, at the end at most one fallback a family.
 * @param sourceFamilies families that have a source IP; none = not known here, and no line is refused for its family
 */
export function parseRedirectList(source: ListSource, sourceFamilies: readonly Family[]): Parsed<RedirectList> {
  const { accepted } = plainVariables.EGRESS_DESTINATION;
  const problems = new ListProblems(source, accepted, (text) => `EGRESS_DESTINATION value '${text}' is invalid`);
  const lines = splitLines(source.text);
  if (lines.length === 0) problems.addMissing('EGRESS_DESTINATION unspecified');

  const rules: RedirectRule[] = [];
  const fallbacks: Fallback[] = [];
  const claims = new PortClaims();
  for (const line of lines) {
    const place = { variable: source.variable, line: line.line, text: line.text };
    const rule = line.words.length === 1 ? undefined : parseRule(line, problems);
    const destination = line.words.length === 1 ? parseDestination(line.words[0]) : rule?.destination;
    if (destination === undefined) {
      problems.addInvalid(line);
      continue;
    }
    problems.checkFamily(line, destination.family, sourceFamilies);
    if (rule === undefined) {
      fallbacks.push({ ...place, destination });
    } else if (rule.ports !== undefined) {
      checkUnique(line, `${destination.family} ${rule.protocol}`, rule.ports, claims, problems);
      rules.push({ ...place, ...rule, ports: rule.ports });
    }
  }
  checkFallbacksLast(lines, problems);
  return { value: { mode: 'redirect', given: true, rules, fallbacks }, problems: problems.found };
}

/** undefined = not of the grammar. Ports that are out of range are reported here, and leave `ports` undefined. */
function parseRule(line: Line, problems: ListProblems) {
  const [portWord, protocolWord, addressWord = '', targetWord, ...rest] = line.words;
  const [, first, last] = /^(\d+)(?:-(\d+))?$/.exec(portWord) ?? [];
  const protocol = protocols.find((known) => known === protocolWord);
  const destination = parseDestination(addressWord);
  if (first === undefined || protocol === undefined || destination === undefined || rest.length > 0) return undefined;
  if (targetWord !== undefined && (last !== undefined || !/^\d+$/.test(targetWord))) return undefined;

  const from = problems.parsePort(line, first);
  const to = last === undefined ? from : problems.parsePort(line, last);
  const targetPort = targetWord === undefined ? undefined : problems.parsePort(line, targetWord);
  if (from !== undefined && to !== undefined && from > to) return undefined;
  const ports = from === undefined || to === undefined ? undefined : { first: from, last: to };
  return { protocol, destination, ports, targetPort };
}

/** An address that a packet which came from another host can be sent on to. */
function parseDestination(text: string): IpAddress | undefined {
  const address = parseIpAddress(text);
  const usable = address !== undefined && ['unicast', 'link-local'].includes(addressScope(address));
  return usable ? address : undefined;
}

function checkUnique(line: Line, space: string, ports: PortRange, claims: PortClaims, problems: ListProblems): void {
  const holder = claims.claim(space, ports, line.line);
  if (holder === undefined) return;
  const message = `EGRESS_DESTINATION localport ${line.words[0]} is already used, must be unique for each destination`;
  problems.add(line, 'PORT_DUPLICATE', message, `a port that no other line of its family and protocol takes; line ${holder} takes it`);
}

/** A fallback takes all that no line before it took: what follows it can only be the other family's. One word is a fallback, right or wrong. */
function checkFallbacksLast(lines: readonly Line[], problems: ListProblems): void {
  const seen = new Set<Family>();
  let ruleFollows = false;
  for (const line of lines.toReversed()) {
    const family = line.words.length === 1 ? parseIpAddress(line.words[0])?.family : undefined;
    if (family !== undefined) {
      if (ruleFollows || seen.has(family)) {
        const message = 'EGRESS_DESTINATION fallback IP must be the last line';
        problems.add(line, 'FALLBACK_NOT_LAST', message, 'one fallback a family, after all other lines');
      }
      seen.add(family);
    }
    ruleFollows ||= line.words.length > 1;
  }
}
