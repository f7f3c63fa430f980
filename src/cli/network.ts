import type { RouterConfig } from '../config/router-config.ts';
import { IpSessions } from '../net/ip-sessions.ts';
import type { Log } from '../observe/log.ts';
import { startAnnouncer } from '../source-ip/announcer.ts';
import { hasCapability } from '../source-ip/capabilities.ts';
import { systemEffects } from '../source-ip/network-effects.ts';
import { startSync } from '../source-ip/sync.ts';
import { startWatch, type Watch } from '../source-ip/watch.ts';
import type { Effects } from './effects.ts';
import { claimSourceIp } from './setup.ts';

/** What looks after the network while `run` goes on. */
export interface Network {
  readonly watch: Watch;
  close(): void;
}

/**
 * Looks after the network as far as this container may: with NET_ADMIN, and the variables of `setup`, it holds the network as planned; otherwise it
 * watches. With NET_RAW it announces the source IP.
 */
export async function startNetwork(config: RouterConfig, log: Log, effects: Effects): Promise<Network> {
  const sessions = new IpSessions();
  const network = { ...systemEffects(effects.run, log), read: sessions.run };
  const status = effects.readFile('/proc/self/status');
  const mayAnnounce = hasCapability(status, 'NET_RAW');
  const knowsAll = config.sourceIps.length > 0 && (config.carry.mode !== 'redirect' || config.carry.given);
  const maySync = knowsAll && mayAnnounce && hasCapability(status, 'NET_ADMIN');
  log.info({ sync: maySync, announce: mayAnnounce }, maySync ? 'holding the network as planned' : 'watching the network');
  const watch = maySync ? await startSync(config, network, () => claimSourceIp(config, log, effects)) : await startWatch(config, network);
  const { externalInterface: device, announceInterval: interval } = config.settings;
  const announcer = mayAnnounce ? startAnnouncer({ device, interval, sources: () => watch.sources() }, network) : undefined;
  return {
    watch,
    close: () => {
      announcer?.close();
      watch.close();
      sessions.close();
    },
  };
}
