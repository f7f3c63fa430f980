import type { Run } from '../net/run.ts';
import { addressCommand, readInterface } from './network-interface.ts';
import { type Route, removeRoutes } from './route.ts';
import { mainTable } from './routing.ts';
import { runCommand } from './run-command.ts';
import type { StraysStep } from './step.ts';

/**
 * Takes from the external interface what another plugin or a router advertisement put there: other addresses, which could become a source,
 * and every route of table main by this interface, since answers to clients and probes look there.
 * @returns the commands that were run
 * @throws RouterError
 */
export async function removeStrays(run: Run, { device, families, addresses }: StraysStep): Promise<string[][]> {
  const present = await readInterface(run, device);
  const commands = present.addresses
    .filter((own) => own.scope === 'global' && !addresses.some(({ text }) => text === own.address))
    .map((own) => addressCommand('del', own.family, `${own.address}/${own.prefixLength}`, device));
  for (const command of commands) await runCommand(run, command);
  for (const family of families) commands.push(...(await removeRoutes(run, family, (route) => isStrayRoute(route, device))));
  return commands;
}

/** Whether it is a route of main by the device. The kernel's own to link-local addresses stays: neighbour discovery and IPv6 gateways use it. */
export function isStrayRoute(route: Route, device: string): boolean {
  return route.table === mainTable && route.device === device && route.type === 'unicast' && route.destination !== 'fe80::/64';
}
