import type { DnsRouteList, RouterConfig } from '../config/router-config.ts';
import { createResolver } from '../dns/resolver.ts';
import { startDnsProxy } from '../dns-proxy/dns-proxy.ts';
import { endpointRefusal } from '../dns-proxy/endpoint-refusal.ts';
import { dial } from '../net/dial.ts';
import { readOwnAddresses } from '../net/own-addresses.ts';
import type { Log } from '../observe/log.ts';
import { carryHttp } from './carry-http.ts';
import type { Effects } from './effects.ts';

/** What carries the mode in this process. */
export interface Carrier {
  /** Ports that clients dial; none in redirect mode, where the kernel carries it. */
  readonly ports: readonly number[];
  /** Why a part of it does not seem to live, for /healthz: a sentence for each. */
  stalled(): readonly string[];
  /** Stops accepting and waits for open connections to end; what is left when `signal` aborts is reset. */
  close(signal: AbortSignal): Promise<void>;
}

/**
 * Starts to carry the configured mode.
 * @throws RouterError LISTEN_FAILED
 */
export async function startCarrier(config: RouterConfig, log: Log, effects: Effects): Promise<Carrier> {
  const { carry } = config;
  switch (carry.mode) {
    case 'redirect':
      return { ports: [], stalled: () => [], close: async () => {} };
    case 'http-proxy':
      return carryHttp(carry, config, log, effects);
    case 'dns-proxy':
      return carryDns(carry, config, log);
  }
}

async function carryDns({ routes }: DnsRouteList, { cluster, settings }: RouterConfig, log: Log): Promise<Carrier> {
  const resolver = createResolver({ nameservers: cluster.nameservers, timeout: settings.dnsTimeout });
  const proxy = await startDnsProxy(routes, settings, { resolver, refusal: endpointRefusal(cluster, readOwnAddresses), dial, log });
  return {
    ports: proxy.ports,
    stalled: () => [],
    close: async (signal) => {
      await proxy.close(signal);
      resolver.close();
    },
  };
}
