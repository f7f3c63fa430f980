import type { RouterConfig } from '../config/router-config.ts';
import { type ClaimedSource, inspectNetwork, readNetworkState } from './inspect-network.ts';
import type { NetworkEffects } from './network-effects.ts';
import { presentFamilies } from './observe-pod-network.ts';

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
 * @param repair applied at once, and then whenever something differs; undefined = the watch only reports
 */
export async function startWatch(
  config: RouterConfig,
  { read, log, readSysctl }: Pick<NetworkEffects, 'read' | 'log' | 'readSysctl'>,
  repair?: Repair,
): Promise<Watch> {
  const present = presentFamilies(readSysctl);
  let reasons: readonly string[] = [];
  let sources: readonly ClaimedSource[] = [];
  let timer: NodeJS.Timeout | undefined;
  let closed = false;

  const look = async (): Promise<readonly string[]> => {
    try {
      const inspection = inspectNetwork(await readNetworkState(read, present), config, sources);
      sources = inspection.sources;
      return [...inspection.reasons, ...((await repair?.inspect()) ?? [])];
    } catch (error) {
      return [`the network cannot be read: ${messageOf(error)}`];
    }
  };
  const repairAndLook = async ({ apply }: Repair): Promise<readonly string[]> => {
    try {
      await apply();
      return await look();
    } catch (error) {
      return [...(await look()), `the network cannot be set up: ${messageOf(error)}`];
    }
  };
  const report = (found: readonly string[]): void => {
    if (closed) return;
    if (found.join() !== reasons.join()) {
      if (found.length > 0) log.warn({ reasons: found }, 'the network is not as set up');
      else log.info({}, 'the network is as set up again');
    }
    reasons = found;
  };
  const turn = async (): Promise<void> => {
    report(await look());
    // Reported before: to repair may take as long as another host has the source IP.
    if (reasons.length > 0 && repair !== undefined && !closed) report(await repairAndLook(repair));
    if (!closed) timer = setTimeout(turn, config.settings.watchInterval);
  };

  if (repair !== undefined) report(await repairAndLook(repair));
  else report(await look());
  timer = setTimeout(turn, config.settings.watchInterval);
  return {
    reasons: () => reasons,
    sources: () => sources,
    close: () => {
      closed = true;
      clearTimeout(timer);
    },
  };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
