import type { AccessList, DnsRouteList, RouterConfig } from '../config/router-config.ts';
import { createCache } from '../dns/cache.ts';
import { createResolver, type Resolver } from '../dns/resolver.ts';
import { startDnsProxy } from '../dns-proxy/dns-proxy.ts';
import { endpointRefusal } from '../dns-proxy/endpoint-refusal.ts';
import { startHttpProxy } from '../http-proxy/start-http-proxy.ts';
import { readDescriptors } from '../net/descriptors.ts';
import { dial } from '../net/dial.ts';
import { readOwnAddresses } from '../net/own-addresses.ts';
import type { Log } from '../observe/log.ts';
import type { Effects } from './effects.ts';

/** What carries the mode in this process. */
export interface Carrier {
  /** Ports that clients dial; none in redirect mode, where the kernel carries it. */
  readonly ports: readonly number[];
  /** Stops accepting and waits for open connections to end; what is left when `signal` aborts is reset. */
  close(signal: AbortSignal): Promise<void>;
}

/** What the HTTP proxy needs of them. */
type HttpEffects = Pick<Effects, 'readFile' | 'startWorker'> & { readonly log: Log };

/** Names whose addresses the HTTP proxy keeps: a client can make names up without end. */
const maxNames = 10_000;

/**
 * Starts to carry the configured mode.
 * @throws RouterError LISTEN_FAILED
 */
export async function startCarrier(config: RouterConfig, log: Log, effects: Effects): Promise<Carrier> {
  const { carry, cluster, settings } = config;
  if (carry.mode === 'redirect') return { ports: [], close: async () => {} };
  const resolver = createResolver({ nameservers: cluster.nameservers, timeout: settings.dnsTimeout });
  const proxy = await (carry.mode === 'http-proxy'
    ? carryHttp(carry, config, resolver, { log, ...effects })
    : carryDns(carry, config, resolver, log));
  return {
    ports: proxy.ports,
    close: async (signal) => {
      await proxy.close(signal);
      resolver.close();
    },
  };
}

async function carryHttp(
  list: AccessList,
  config: RouterConfig,
  resolver: Resolver,
  { log, readFile, startWorker }: HttpEffects,
): Promise<Carrier> {
  const { resolve } = createCache(resolver, { maxNames, clock: () => performance.now() });
  const listener = await startHttpProxy(list, config, {
    resolve,
    dial,
    descriptors: readDescriptors,
    ownAddresses: readOwnAddresses,
    log,
    readFile,
    startPasswordWorker: startWorker,
  });
  return { ports: [listener.port], close: (signal) => listener.close(signal) };
}

function carryDns({ routes }: DnsRouteList, { cluster, settings }: RouterConfig, resolver: Resolver, log: Log): Promise<Carrier> {
  return startDnsProxy(routes, settings, { resolver, refusal: endpointRefusal(cluster, readOwnAddresses), dial, log });
}
