import { announce } from './announce.ts';
import { probeGateway, warnUnreachable } from './gateway.ts';
import type { ClaimedSource } from './inspect-network.ts';
import type { NetworkEffects } from './network-effects.ts';

/** Announcements that are repeated. */
export interface Announcer {
  /** Ends it; one under way is finished. */
  close(): void;
}

/**
 * Announces every source IP that is in use, every `interval` milliseconds, the first time after one: `setup` has just done it. One that fails is logged.
 * Needs NET_RAW. The caller closes it.
 * @param sources asked each time, for a source IP that was lost must not be claimed from whoever has it now
 */
export function startAnnouncer(
  { device, interval, sources }: { readonly device: string; readonly interval: number; readonly sources: () => readonly ClaimedSource[] },
  effects: Pick<NetworkEffects, 'run' | 'log' | 'sleep'>,
): Announcer {
  let closed = false;
  let timer: NodeJS.Timeout | undefined;
  const turn = async (): Promise<void> => {
    for (const { address, gateway, usable } of sources()) {
      if (!usable || gateway === undefined || closed) continue;
      try {
        await announce(effects, { device, address });
        if (!(await probeGateway(effects, { device, address, gateway }))) warnUnreachable(effects, { device, address, gateway });
        effects.log.debug({ address: address.text }, 'announced the source IP');
      } catch (error) {
        effects.log.warn({ address: address.text, cause: error instanceof Error ? error.message : error }, 'cannot announce the source IP');
      }
    }
    if (!closed) timer = setTimeout(turn, interval);
  };
  timer = setTimeout(turn, interval);
  return {
    close: () => {
      closed = true;
      clearTimeout(timer);
    },
  };
}
