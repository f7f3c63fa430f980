import { addressScope } from '../net/address-scope.ts';
import { parseIpAddress } from '../net/ip-address.ts';
import { hostPrefix, type Prefix, parsePrefix } from '../net/prefix.ts';
import type { Parsed, Problem, ProblemCode } from './config-error.ts';
import type { Environment } from './list-source.ts';
import type { RoleChoice } from './role.ts';
import type { HttpClients, UserFile } from './router-config.ts';
import { parseUserList } from './user-list.ts';
import { plainVariables } from './variables.ts';

/**
 * Parses who may use the HTTP proxy. The file of users is read only where the proxy runs. Unlike other variables these two must not be set
 * to nothing: a key of a ConfigMap that went missing would open the proxy to everyone.
 * @param readFile throws what fs.readFileSync throws
 */
export function parseHttpClients({ role, mode }: RoleChoice, env: Environment, readFile: (path: string) => string): Parsed<HttpClients> {
  const prefixes = parsePrefixes(env.EGRESS_HTTP_PROXY_CLIENTS);
  const serves = role !== 'setup' && mode === 'http-proxy';
  const users = parseUserFile(serves ? env.EGRESS_HTTP_PROXY_USERS_FILE : undefined, readFile);
  return { value: { prefixes: prefixes.value, users: users.value }, problems: [...prefixes.problems, ...users.problems] };
}

function parsePrefixes(text: string | undefined): Parsed<readonly Prefix[] | undefined> {
  if (text === undefined) return { value: undefined, problems: [] };
  const variable = 'EGRESS_HTTP_PROXY_CLIENTS';
  const words = text.split(/[\s,]+/).filter((word) => word !== '');
  if (words.length === 0) return { value: [], problems: [problemOf('SETTING_INVALID', variable, text, `${variable} is empty`)] };
  const value: Prefix[] = [];
  const problems: Problem[] = [];
  for (const word of words) {
    const address = parseIpAddress(word);
    const prefix = address === undefined ? parsePrefix(word) : hostPrefix(address);
    // Clients over IPv4 are seen as such: a prefix of mapped addresses would let nobody in.
    if (prefix !== undefined && addressScope(prefix.network) !== 'mapped') value.push(prefix);
    else problems.push(problemOf('SETTING_INVALID', variable, word, `${variable} value '${word}' is invalid`));
  }
  return { value, problems };
}

function parseUserFile(given: string | undefined, readFile: (path: string) => string): Parsed<UserFile | undefined> {
  if (given === undefined) return { value: undefined, problems: [] };
  const variable = 'EGRESS_HTTP_PROXY_USERS_FILE';
  const path = given.trim();
  if (path === '') return { value: undefined, problems: [problemOf('SETTING_INVALID', variable, given, `${variable} is empty`)] };
  try {
    const source = { variable, text: readFile(path) };
    const { value: users, problems } = parseUserList(source);
    return { value: { path, source, users }, problems };
  } catch (error) {
    const message = `cannot read '${path}': ${error instanceof Error ? error.message : error}`;
    return { value: undefined, problems: [problemOf('LIST_UNREADABLE', variable, path, message)] };
  }
}

function problemOf(code: ProblemCode, variable: keyof typeof plainVariables, value: string, message: string): Problem {
  const { accepted } = plainVariables[variable];
  return { code, variable, line: undefined, value, message, accepted };
}
