import type { Family } from '../net/ip-address.ts';
import { findPatternFault, parseAccessPattern } from './access-pattern.ts';
import type { ParsedWithNotices } from './config-error.ts';
import { ListProblems } from './list-problems.ts';
import { type ListSource, splitLines } from './list-source.ts';
import { noticeHostBits } from './notice-host-bits.ts';
import type { AccessList, AccessRule } from './router-config.ts';
import { plainVariables } from './variables.ts';

/**
 * Parses the list of HTTP proxy mode: a rule a line.
 * @param sourceFamilies families that have a source IP; none = not known here. A line that allows addresses of another family is refused.
 */
export function parseAccessList(source: ListSource, sourceFamilies: readonly Family[]): ParsedWithNotices<AccessList> {
  const { accepted } = plainVariables.EGRESS_HTTP_PROXY_DESTINATION;
  const problems = new ListProblems(source, accepted, (text) => `Bad destination '${text}'`);
  const lines = splitLines(source.text);
  if (lines.length === 0) problems.addMissing('No EGRESS_HTTP_PROXY_DESTINATION specified');

  const rules: AccessRule[] = [];
  const notices: string[] = [];
  for (const [index, line] of lines.entries()) {
    const action = line.text.startsWith('!') ? 'deny' : 'allow';
    const text = action === 'deny' ? line.text.slice(1) : line.text;
    const pattern = parseAccessPattern(text);
    if (pattern === undefined) {
      problems.addInvalid(line, findPatternFault(text, action === 'deny' ? '!' : ''));
      continue;
    }
    if (pattern.kind === 'any' && index < lines.length - 1) {
      problems.add(line, 'WILDCARD_NOT_LAST', 'Wildcard must be last rule, if present', 'one *, after all other lines');
    }
    if (pattern.kind === 'prefix') notices.push(...noticeHostBits(`${source.variable}:${line.line}`, text, pattern.prefix));
    if (pattern.kind === 'prefix' && action === 'allow') problems.checkFamily(line, pattern.prefix.family, sourceFamilies);
    rules.push({ variable: source.variable, line: line.line, text: line.text, action, pattern });
  }
  return { value: { mode: 'http-proxy', rules }, problems: problems.found, notices };
}
