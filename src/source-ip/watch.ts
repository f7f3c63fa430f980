import type { RouterConfig } from '../config/router-config.ts';
import { families } from '../net/ip-address.ts';
import { type ClaimedSource, inspectNetwork, readNetworkState } from './inspect-network.ts';
import type { NetworkEffects } from './network-effects.ts';

/** A look at the network that is repeated. */
export interface Watch {
  /** Why the network is not as `setup` leaves it, at the last look; empty = it is. For /readyz. */
  reasons(): readonly string[];
  /** The source IPs that were seen so far. */
  sources(): readonly ClaimedSource[];
  /** Ends it; a look under way is finished without effect. */
  close(): void;
}

/** How a process that may repair does so. */
export interface Repair {
  /** What only a privileged process can see: a sentence for each thing that differs. */
  readonly inspect: () => Promise<readonly string[]>;
  /** Makes the network so. @throws RouterError */
  readonly apply: () => Promise<void>;
}

/**
 * Looks at addresses, routes and policy rules every `watchInterval`, which needs no privileges, and logs when something changes. The first look is done
 * when this returns. The caller closes it.
 * @param repair applied whenever something differs; undefined = the watch only reports
 */
export async function startWatch(
  config: RouterConfig,
  { run, log, readSysctl }: Pick<NetworkEffects, 'run' | 'log' | 'readSysctl'>,
  repair?: Repair,
): Promise<Watch> {
  const present = families.filter((family) => family === 'ipv4' || readSysctl('net/ipv6/conf/all/disable_ipv6') !== undefined);
  let reasons: readonly string[] = [];
  let sources: readonly ClaimedSource[] = [];
  let timer: NodeJS.Timeout | undefined;
  let closed = false;

  const look = async (): Promise<readonly string[]> => {
    try {
      const inspection = inspectNetwork(await readNetworkState(run, present), config, sources);
      sources = inspection.sources;
      return [...inspection.reasons, ...((await repair?.inspect()) ?? [])];
    } catch (error) {
      return [`the network cannot be read: ${error instanceof Error ? error.message : error}`];
    }
  };
  const turn = async (): Promise<void> => {
    let found = await look();
    if (found.length > 0 && repair !== undefined && !closed) {
      log.warn({ reasons: found }, 'the network is not as set up; repairing it');
      try {
        await repair.apply();
        found = await look();
      } catch (error) {
        found = [...found, `it cannot be repaired: ${error instanceof Error ? error.message : error}`];
      }
    }
    if (closed) return;
    if (found.join() !== reasons.join()) {
      if (found.length > 0) log.warn({ reasons: found }, 'the network is not as set up');
      else log.info({}, 'the network is as set up again');
    }
    reasons = found;
    timer = setTimeout(turn, config.settings.watchInterval);
  };
  await turn();
  return {
    reasons: () => reasons,
    sources: () => sources,
    close: () => {
      closed = true;
      clearTimeout(timer);
    },
  };
}
