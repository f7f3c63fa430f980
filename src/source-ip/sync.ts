import type { RouterConfig } from '../config/router-config.ts';
import { readTable } from '../nftables/read-table.ts';
import type { Table } from '../nftables/ruleset.ts';
import type { NetworkEffects } from './network-effects.ts';
import { startWatch, type Watch } from './watch.ts';

/** The tables that setup makes, by name. */
const tables: readonly Pick<Table, 'family' | 'name'>[] = [
  { family: 'inet', name: 'egress_router' },
  { family: 'arp', name: 'egress_router' },
];

/**
 * Holds the network as planned: applies it at once, then looks every `watchInterval` and applies it again when anything differs, be it a
 * route that went when the interface was down or a table that somebody deleted. What fails is a reason not to be ready, and tried again; what is there stays.
 * Needs NET_ADMIN and NET_RAW. The caller closes it.
 * @param apply makes the network so, all of it: `applySourceIp`, and what the mode adds to it
 */
export async function startSync(
  config: RouterConfig,
  effects: Pick<NetworkEffects, 'run' | 'log' | 'readSysctl'>,
  apply: () => Promise<void>,
): Promise<Watch> {
  // What the kernel shows right after it was applied: nothing else can be compared with what it shows later.
  let applied: string | undefined;
  const read = async () =>
    (await Promise.all(tables.map((table) => readTable(effects.run, table)))).map(({ fingerprint }) => fingerprint).join();
  return startWatch(config, effects, {
    inspect: async () => ((await read()) === applied ? [] : ['the tables of nft are not as they were applied']),
    apply: async () => {
      await apply();
      applied = await read();
    },
  });
}
