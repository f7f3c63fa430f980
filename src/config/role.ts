import type { Parsed, Problem } from './config-error.ts';
import { type Environment, isListGiven, type ListVariable } from './list-source.ts';
import type { Mode, Role } from './router-config.ts';

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
  const routerMode = env.EGRESS_ROUTER_MODE?.trim() || undefined;
  if (routerMode !== undefined && !isRouterMode(routerMode)) {
    problems.push(unrecognized('EGRESS_ROUTER_MODE', routerMode, 'init, http-proxy, dns-proxy, legacy or unit-test'));
  }
  const known = routerMode !== undefined && isRouterMode(routerMode) ? routerMode : undefined;

  const proxies = [
    parseProxy(env, 'http-proxy', 'EGRESS_HTTP_PROXY_DESTINATION', 'EGRESS_HTTP_PROXY_MODE'),
    parseProxy(env, 'dns-proxy', 'EGRESS_DNS_PROXY_DESTINATION', 'EGRESS_DNS_PROXY_MODE'),
  ].filter((proxy) => proxy !== undefined);
  for (const { problem } of proxies) if (problem !== undefined) problems.push(problem);
  const [proxy, second] = proxies;
  if (proxy !== undefined && second !== undefined) {
    problems.push(ambiguous(second.variable, `${proxy.variable} is set too`, 'one of the two: a router has one mode'));
  }

  const claim = ['EGRESS_SOURCE', 'EGRESS_GATEWAY'].find((name) => env[name] !== undefined) ?? (routerMode && 'EGRESS_ROUTER_MODE');
  if (command === undefined && claim !== undefined && proxy !== undefined) {
    const message = `${claim} is set too, which is for the other container`;
    problems.push(ambiguous(proxy.variable, message, 'say `setup` or `run` as the command'));
  }
  const stated = known && routerModes[known];
  if (stated !== undefined && proxy !== undefined && stated !== proxy.mode) {
    problems.push(ambiguous(proxy.variable, `EGRESS_ROUTER_MODE is '${known}'`, 'the list of the mode'));
  }
  const inferred = claim === undefined || proxy !== undefined ? 'run' : routerMode === undefined || known === 'legacy' ? 'legacy' : 'setup';
  const role = command ?? inferred;
  const printOnly = known === 'unit-test' || proxies.some(({ unitTest }) => unitTest);
  return { value: { role, mode: stated ?? proxy?.mode ?? 'redirect', printOnly }, problems };
}

function isRouterMode(text: string): text is keyof typeof routerModes {
  return Object.hasOwn(routerModes, text);
}

/** undefined = none of its variables is set. `variable` is the one that shows the mode. */
function parseProxy(env: Environment, mode: Mode, list: ListVariable, modeVariable: string) {
  const word = env[modeVariable]?.trim() || undefined;
  const given = isListGiven(env, list);
  if (word === undefined && !given) return undefined;
  const unitTest = word === 'unit-test';
  const problem = word === undefined || unitTest ? undefined : unrecognized(modeVariable, word, 'unit-test, or nothing');
  return { mode, variable: given ? list : modeVariable, unitTest, problem };
}

function unrecognized(variable: string, value: string, accepted: string): Problem {
  return { code: 'MODE_UNKNOWN', variable, line: undefined, value, message: `Unrecognized ${variable} '${value}'`, accepted };
}

function ambiguous(variable: string, message: string, accepted: string): Problem {
  return { code: 'ROLE_AMBIGUOUS', variable, line: undefined, value: undefined, message, accepted };
}
