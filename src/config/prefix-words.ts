import { type Prefix, parseAddressOrPrefix } from '../net/prefix.ts';
import type { ParsedWithNotices, Problem } from './config-error.ts';
import { noticeHostBits } from './notice-host-bits.ts';
import { plainProblem } from './plain-problem.ts';

/**
 * Parses addresses and prefixes, with commas or blanks between.
 * @param findFault what is wrong with one, as a phrase that goes on from the value; undefined = nothing
 */
export function parsePrefixWords(
  variable: 'EGRESS_CLUSTER_CIDRS' | 'EGRESS_HTTP_PROXY_CLIENTS',
  text: string,
  findFault: (prefix: Prefix) => string | undefined,
): ParsedWithNotices<readonly Prefix[]> {
  const value: Prefix[] = [];
  const problems: Problem[] = [];
  const notices: string[] = [];
  for (const word of text.split(/[\s,]+/).filter((part) => part !== '')) {
    const prefix = parseAddressOrPrefix(word);
    const fault = prefix === undefined ? 'is invalid' : findFault(prefix);
    if (prefix !== undefined && fault === undefined) {
      value.push(prefix);
      notices.push(...noticeHostBits(variable, word, prefix));
    } else problems.push(plainProblem('SETTING_INVALID', variable, word, `${variable} value '${word}' ${fault}`));
  }
  return { value, problems, notices };
}
