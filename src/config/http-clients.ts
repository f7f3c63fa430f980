import { addressScope } from '../net/address-scope.ts';
import type { Prefix } from '../net/prefix.ts';
import type { Parsed, ParsedWithNotices } from './config-error.ts';
import { type Environment, readFileSource } from './list-source.ts';
import { plainProblem } from './plain-problem.ts';
import { parsePrefixWords } from './prefix-words.ts';
import type { RoleChoice } from './role.ts';
import type { HttpClients, UserFile } from './router-config.ts';
import { parseUserList } from './user-list.ts';
import { plainVariables } from './variables.ts';

/**
 * Parses who may use the HTTP proxy. The file of users is read only where the proxy runs. Unlike other variables these two must not be set
 * to nothing: a key of a ConfigMap that went missing would open the proxy to everyone.
 * @param readFile throws what fs.readFileSync throws
 */
export function parseHttpClients(
  { role, mode }: RoleChoice,
  env: Environment,
  readFile: (path: string) => string,
): ParsedWithNotices<HttpClients> {
  const prefixes = parsePrefixes(env.EGRESS_HTTP_PROXY_CLIENTS);
  const serves = role !== 'setup' && mode === 'http-proxy';
  const users = parseUserFile(serves ? env.EGRESS_HTTP_PROXY_USERS_FILE : undefined, readFile);
  const problems = [...prefixes.problems, ...users.problems];
  return { value: { prefixes: prefixes.value, users: users.value }, problems, notices: prefixes.notices };
}

function parsePrefixes(text: string | undefined): ParsedWithNotices<readonly Prefix[] | undefined> {
  if (text === undefined) return { value: undefined, problems: [], notices: [] };
  const variable = 'EGRESS_HTTP_PROXY_CLIENTS';
  // Clients over IPv4 are seen as such: a prefix of mapped addresses would let nobody in.
  const parsed = parsePrefixWords(variable, text, ({ network }) => (addressScope(network) === 'mapped' ? 'is invalid' : undefined));
  if (parsed.value.length > 0 || parsed.problems.length > 0) return parsed;
  return { value: [], problems: [plainProblem('SETTING_INVALID', variable, text, `${variable} is empty`)], notices: [] };
}

function parseUserFile(given: string | undefined, readFile: (path: string) => string): Parsed<UserFile | undefined> {
  if (given === undefined) return { value: undefined, problems: [] };
  const variable = 'EGRESS_HTTP_PROXY_USERS_FILE';
  const path = given.trim();
  if (path === '') return { value: undefined, problems: [plainProblem('SETTING_INVALID', variable, given, `${variable} is empty`)] };
  const { value: source, problems: unread } = readFileSource({ variable, path, accepted: plainVariables[variable].accepted }, readFile);
  if (source === undefined) return { value: undefined, problems: unread };
  const { value: users, problems } = parseUserList(source);
  return { value: { path, source, users }, problems };
}
