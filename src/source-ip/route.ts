import type { Family } from '../net/ip-address.ts';
import type { Run } from '../net/run.ts';
import { familyOption } from './routing.ts';
import { runCommand } from './run-command.ts';

/** A route of one table. */
export interface Route {
  readonly family: Family;
  readonly table: number;
  /** `unreachable` refuses the packet with an ICMP error. */
  readonly type: 'unicast' | 'unreachable' | 'other';
  /** `default`, an address, or `NETWORK/LENGTH`. */
  readonly destination: string;
  /** undefined = on-link. */
  readonly gateway: string | undefined;
  /** undefined for unreachable routes. */
  readonly device: string | undefined;
  /** Address that what this pod opens leaves with. */
  readonly source: string | undefined;
  /** The kernel's words: IPv4 has 0 where nothing is said, IPv6 has 1024. */
  readonly metric: number;
}

/** The command that adds a route, replaces the one of the same destination and metric, or removes it. */
export function routeCommand(verb: 'replace' | 'del', route: Route): string[] {
  const words = ['ip', familyOption(route.family), 'route', verb];
  if (route.type === 'unreachable') words.push('unreachable');
  words.push(route.destination);
  if (route.gateway !== undefined) words.push('via', route.gateway);
  if (route.device !== undefined) words.push('dev', route.device);
  if (route.source !== undefined) words.push('src', route.source);
  if (route.metric !== defaultMetric(route.family)) words.push('metric', String(route.metric));
  return [...words, 'table', route.table === 254 ? 'main' : String(route.table)];
}

/** The metric that the kernel gives a route for which none was said. */
export function defaultMetric(family: Family): number {
  return family === 'ipv4' ? 0 : 1024;
}

/** Whether the two are the same in everything that decides about a packet. */
export function sameRoute(a: Route, b: Route): boolean {
  return a.family === b.family && routeCommand('replace', a).join(' ') === routeCommand('replace', b).join(' ');
}

/**
 * Adds those of the routes that are missing.
 * @returns the commands that were run
 * @throws RouterError
 */
export async function addMissingRoutes(run: Run, family: Family, wanted: readonly Route[]): Promise<string[][]> {
  const present = await readRoutes(run, family);
  const commands = wanted
    .filter((route) => !present.some((other) => sameRoute(route, other)))
    .map((route) => routeCommand('replace', route));
  for (const command of commands) await runCommand(run, command);
  return commands;
}

/**
 * Removes those of the family's routes that `unwanted` chooses.
 * @returns the commands that were run
 * @throws RouterError
 */
export async function removeRoutes(run: Run, family: Family, unwanted: (route: Route) => boolean): Promise<string[][]> {
  const commands = (await readRoutes(run, family)).filter(unwanted).map((route) => routeCommand('del', route));
  for (const command of commands) await runCommand(run, command);
  return commands;
}

/** The family's routes of all tables. Needs no privileges. @throws RouterError */
export async function readRoutes(run: Run, family: Family): Promise<Route[]> {
  // All tables, because asking for one that does not exist yet is an error.
  const json = await runCommand(run, ['ip', familyOption(family), '-N', '-d', '-j', 'route', 'show', 'table', 'all']);
  return parseRoutes(json, family);
}

/** Parses what `ip -N -d -j route show table all` prints. */
export function parseRoutes(json: string, family: Family): Route[] {
  return (JSON.parse(json || '[]') as readonly ListedRoute[]).map((listed) => {
    const type = routeTypes[listed.type ?? '1'] ?? 'other';
    return {
      family,
      // Left out for main.
      table: Number(listed.table ?? 254),
      type,
      destination: listed.dst,
      gateway: listed.gateway,
      // IPv6 hangs unreachable routes on lo.
      device: type === 'unreachable' ? undefined : listed.dev,
      source: listed.prefsrc,
      metric: listed.metric ?? 0,
    };
  });
}

interface ListedRoute {
  readonly type?: string;
  readonly dst: string;
  readonly gateway?: string;
  readonly dev?: string;
  readonly prefsrc?: string;
  readonly metric?: number;
  readonly table?: string;
}

/** linux/rtnetlink.h: RTN_UNICAST and RTN_UNREACHABLE. */
const routeTypes: Readonly<Record<string, Route['type']>> = { '1': 'unicast', '7': 'unreachable' };
