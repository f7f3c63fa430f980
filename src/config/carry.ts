import type { Family } from '../net/ip-address.ts';
import { parseAccessList } from './access-list.ts';
import type { ParsedWithNotices } from './config-error.ts';
import { parseDnsRouteList } from './dns-route-list.ts';
import { type Environment, isListGiven, type ListSource, type ListVariable, readListSource } from './list-source.ts';
import { parseRedirectList } from './redirect-list.ts';
import type { RoleChoice } from './role.ts';
import type { Mode, RouterConfig } from './router-config.ts';

const listVariables = {
  redirect: 'EGRESS_DESTINATION',
  'http-proxy': 'EGRESS_HTTP_PROXY_DESTINATION',
  'dns-proxy': 'EGRESS_DNS_PROXY_DESTINATION',
} as const satisfies Record<Mode, ListVariable>;

/**
 * Reads and parses the list of the mode. It must be there in the container that acts on it: rules are the init container's, proxies
 * the main container's; in the other one it may be missing.
 * @param sourceFamilies families that have a source IP; none = not known here
 * @param readFile throws what fs.readFileSync throws
 */
export function parseCarry(
  { role, mode }: RoleChoice,
  env: Environment,
  readFile: (path: string) => string,
  sourceFamilies: readonly Family[],
): ParsedWithNotices<RouterConfig['carry']> {
  const variable = listVariables[mode];
  const ignored = mode !== 'redirect' && isListGiven(env, 'EGRESS_DESTINATION');
  const notices = ignored ? [`EGRESS_DESTINATION is ignored: the mode is ${mode}, and its list is ${variable}`] : [];
  const { value: source, problems } = readListSource(env, variable, readFile);
  if (problems.length > 0) return { value: emptyList(mode), problems, notices };
  const required = (role === 'run') === (mode !== 'redirect');
  if (source === undefined && !required) return { value: emptyList(mode), problems: [], notices };
  const list = parseList(mode, source ?? { variable, text: '' }, sourceFamilies);
  return { ...list, notices: [...notices, ...list.notices] };
}

function parseList(mode: Mode, source: ListSource, sourceFamilies: readonly Family[]): ParsedWithNotices<RouterConfig['carry']> {
  switch (mode) {
    case 'redirect':
      return { ...parseRedirectList(source, sourceFamilies), notices: [] };
    case 'http-proxy':
      return parseAccessList(source, sourceFamilies);
    case 'dns-proxy':
      return { ...parseDnsRouteList(source, sourceFamilies), notices: [] };
  }
}

function emptyList(mode: Mode): RouterConfig['carry'] {
  switch (mode) {
    case 'redirect':
      return { mode, given: false, rules: [], fallbacks: [] };
    case 'http-proxy':
      return { mode, rules: [] };
    case 'dns-proxy':
      return { mode, routes: [] };
  }
}
