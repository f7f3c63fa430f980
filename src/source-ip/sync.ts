import type { RouterConfig } from '../config/router-config.ts';
import { readFingerprint } from '../nftables/sync-tables.ts';
import type { AppliedPlan } from './apply-source-ip.ts';
import type { NetworkEffects } from './network-effects.ts';
import { tableNames } from './plan-tables.ts';
import { startWatch, type Watch } from './watch.ts';

/**
 * Holds the network as planned: applies it at once, then looks every `watchInterval` and applies it again when anything differs, be it a
 * route that went when the interface was down or a table that somebody deleted. What fails is a reason not to be ready, and tried again; what is there stays.
 * Needs NET_ADMIN and NET_RAW. The caller closes it.
 * @param apply makes the network so, all of it: `applySourceIp`, and what the mode adds to it
 */
export async function startSync(
  config: RouterConfig,
  effects: Pick<NetworkEffects, 'run' | 'read' | 'log' | 'readSysctl'>,
  apply: () => Promise<AppliedPlan>,
): Promise<Watch> {
  let applied: string | undefined;
  return startWatch(config, effects, {
    inspect: async () =>
      (await readFingerprint(effects.run, tableNames)) === applied ? [] : ['the tables of nft are not as they were applied'],
    apply: async () => {
      applied = (await apply()).tablesFingerprint;
    },
  });
}
