import { families } from '../net/ip-address.ts';
import type { Run } from '../net/run.ts';
import { NftError } from '../nftables/nft-error.ts';
import { type SyncedTables, syncTables } from '../nftables/sync-tables.ts';
import { announce } from './announce.ts';
import { claimAddress } from './claim-address.ts';
import { checkDuplicate } from './duplicate-check.ts';
import { reachGateway } from './gateway.ts';
import type { NetworkEffects } from './network-effects.ts';
import { findInterface, readInterface, readInterfaces } from './network-interface.ts';
import { syncPolicyRules } from './policy-rule.ts';
import { removeStrays } from './remove-strays.ts';
import { addMissingRoutes, removeRoutes, sameRoute } from './route.ts';
import { externalTable } from './routing.ts';
import { commandError, runCommand } from './run-command.ts';
import type { PolicyRulesStep, RoutesStep, Step, TablesStep, UnreachableRoutesStep } from './step.ts';
import { syncSysctls } from './sysctl.ts';

/**
 * Makes one thing so: reads what is there and changes only what differs. Safe to repeat. The tables have `applyTables`, which tells more.
 * @returns what was changed, in words for the log; empty = nothing
 * @throws RouterError
 */
export async function applyStep(effects: NetworkEffects, step: Exclude<Step, TablesStep>): Promise<readonly string[]> {
  const { run } = effects;
  switch (step.step) {
    case 'interfaces':
      return checkInterfaces(run, step.interfaces);
    case 'unreachable-routes':
      return inWords(await addUnreachableRoutes(run, step));
    case 'policy-rules':
      return inWords(await applyPolicyRules(run, step));
    case 'sysctls': {
      const { written, refused } = syncSysctls(effects, step.sysctls);
      if (refused.length > 0) effects.log.debug({ sysctls: refused }, 'not permitted to write these; the router works without');
      return written;
    }
    case 'link':
      return inWords(await bringUp(run, step.device));
    case 'strays':
      return inWords(await removeStrays(run, step));
    case 'duplicate-check':
      await checkDuplicate(effects, step);
      return [];
    case 'address':
      return inWords(await claimAddress(effects, step));
    case 'routes':
      return inWords(await applyRoutes(run, step));
    case 'announce':
      await announce(effects, step);
      await reachGateway(effects, step);
      return [];
  }
}

/** The command that brings an interface up. */
export function linkCommand(device: string): string[] {
  return ['ip', 'link', 'set', 'dev', device, 'up'];
}

/** Applies translation and guards in one transaction. @throws RouterError; then nothing was changed */
export async function applyTables(run: Run, { tables }: TablesStep): Promise<SyncedTables> {
  try {
    return await syncTables(run, tables);
  } catch (error) {
    if (error instanceof NftError) throw commandError(['nft'], error.result, error);
    throw error;
  }
}

async function checkInterfaces(run: Run, names: readonly string[]): Promise<readonly string[]> {
  const present = await readInterfaces(run);
  for (const name of names) findInterface(present, name);
  return [];
}

async function addUnreachableRoutes(run: Run, { routes }: UnreachableRoutesStep): Promise<string[][]> {
  const commands: string[][] = [];
  for (const route of routes) commands.push(...(await addMissingRoutes(run, route.family, [route])));
  return commands;
}

async function applyPolicyRules(run: Run, { rules }: PolicyRulesStep): Promise<string[][]> {
  const commands: string[][] = [];
  for (const family of families) {
    const wanted = rules.filter((rule) => rule.family === family);
    // A kernel without the family has no rules to look for.
    if (wanted.length > 0) commands.push(...(await syncPolicyRules(run, family, wanted)));
  }
  return commands;
}

async function bringUp(run: Run, device: string): Promise<string[][]> {
  if ((await readInterface(run, device)).up) return [];
  const command = linkCommand(device);
  await runCommand(run, command);
  return [command];
}

async function applyRoutes(run: Run, step: RoutesStep): Promise<string[][]> {
  const commands: string[][] = [];
  for (const family of step.families) {
    const wanted = step.routes.filter((route) => route.family === family);
    commands.push(...(await addMissingRoutes(run, family, wanted)));
    const isLeftOver = (route: { table: number; type: string }) => route.table === externalTable && route.type === 'unicast';
    commands.push(...(await removeRoutes(run, family, (route) => isLeftOver(route) && !wanted.some((other) => sameRoute(route, other)))));
  }
  return commands;
}

function inWords(commands: readonly (readonly string[])[]): string[] {
  return commands.map((words) => words.join(' '));
}
