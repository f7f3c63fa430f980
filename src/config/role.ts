import type { Parsed, Problem } from './config-error.ts';
import { type Environment, isListGiven, type ListVariable } from './list-source.ts';
import { plainProblem } from './plain-problem.ts';
import type { Mode, Role } from './router-config.ts';
import type { plainVariables } from './variables.ts';

/** What the process is there for and how traffic is carried. */
export interface RoleChoice {
  readonly role: Role;
  readonly mode: Mode;
  readonly printOnly: boolean;
}

const routerModes = {
  init: 'redirect',
  legacy: 'redirect',
  'http-proxy': 'http-proxy',
  'dns-proxy': 'dns-proxy',
  'unit-test': undefined,
} as const satisfies Record<string, Mode | undefined>;

/**
 * The role as the command says it or, without one, as the variables show it: source IP or router mode = the init container, a proxy's
 * list = the main container. The mode does not depend on the role, so that both containers may have the same variables.
 */
export function parseRole(env: Environment, command: 'setup' | 'run' | undefined): Parsed<RoleChoice> {
  const problems: Problem[] = [];
  const modeWord = env.EGRESS_ROUTER_MODE?.trim() || undefined;
  const routerMode = modeWord === undefined ? undefined : parseRouterMode(modeWord, problems);
  const proxies = [
    findProxy(env, 'http-proxy', 'EGRESS_HTTP_PROXY_DESTINATION', 'EGRESS_HTTP_PROXY_MODE', problems),
    findProxy(env, 'dns-proxy', 'EGRESS_DNS_PROXY_DESTINATION', 'EGRESS_DNS_PROXY_MODE', problems),
  ].filter((found) => found !== undefined);
  const [proxy, otherProxy] = proxies;
  if (proxy !== undefined && otherProxy !== undefined) {
    problems.push(ambiguous(otherProxy.variable, `${proxy.variable} is set too`, 'one of the two, for a router has one mode'));
  }
  const statedMode = routerMode && routerModes[routerMode];
  if (proxy !== undefined && statedMode !== undefined && statedMode !== proxy.mode) {
    problems.push(ambiguous(proxy.variable, `EGRESS_ROUTER_MODE is ${routerMode}, which does not take it`, 'the list of the mode'));
  }
  const setupVariable = ['EGRESS_SOURCE', 'EGRESS_GATEWAY'].find((name) => env[name] !== undefined) ?? (modeWord && 'EGRESS_ROUTER_MODE');
  if (proxy !== undefined && setupVariable !== undefined && command === undefined) {
    const message = `${setupVariable} is set too, so this may be the init or the main container`;
    problems.push(ambiguous(proxy.variable, message, 'say setup or run'));
  }
  const isSetup = setupVariable !== undefined && proxy === undefined;
  const isLegacy = modeWord === undefined || modeWord === 'legacy';
  const inferred = isSetup ? (isLegacy ? 'legacy' : 'setup') : 'run';
  const printOnly = routerMode === 'unit-test' || proxies.some(({ unitTest }) => unitTest);
  return { value: { role: command ?? inferred, mode: statedMode ?? proxy?.mode ?? 'redirect', printOnly }, problems };
}

function parseRouterMode(text: string, problems: Problem[]): keyof typeof routerModes | undefined {
  const known = (word: string): word is keyof typeof routerModes => Object.hasOwn(routerModes, word);
  if (known(text)) return text;
  problems.push(unrecognized('EGRESS_ROUTER_MODE', text));
  return undefined;
}

/** undefined = none of the proxy's variables is set. `variable` is the one that is. */
function findProxy(
  env: Environment,
  mode: Mode,
  list: ListVariable,
  modeVariable: 'EGRESS_HTTP_PROXY_MODE' | 'EGRESS_DNS_PROXY_MODE',
  problems: Problem[],
) {
  const word = env[modeVariable]?.trim() || undefined;
  const given = isListGiven(env, list);
  if (word === undefined && !given) return undefined;
  const unitTest = word === 'unit-test';
  if (word !== undefined && !unitTest) problems.push(unrecognized(modeVariable, word));
  return { mode, variable: given ? list : modeVariable, unitTest };
}

function unrecognized(variable: keyof typeof plainVariables, value: string): Problem {
  return plainProblem('MODE_UNKNOWN', variable, value, `Unrecognized ${variable} '${value}'`);
}

function ambiguous(variable: string, message: string, accepted: string): Problem {
  return { code: 'ROLE_AMBIGUOUS', variable, line: undefined, value: undefined, message, accepted };
}
