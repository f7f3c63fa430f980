import type { MessagePort } from 'node:worker_threads';
import type { AccessList } from '../config/router-config.ts';
import { createCache } from '../dns/cache.ts';
import { createResolver } from '../dns/resolver.ts';
import { planConnectionLimit } from '../http-proxy/connection-limit.ts';
import { serveProxyWorker, type ThreadParts } from '../http-proxy/proxy-worker.ts';
import { ProxyWorkers } from '../http-proxy/proxy-workers.ts';
import { allocateSharedMemory, openSharedState } from '../http-proxy/shared-state.ts';
import type { AuthenticationEffects } from '../http-proxy/start-authentication.ts';
import { type ProxyConfig, startHttpProxy } from '../http-proxy/start-http-proxy.ts';
import { watchUsers } from '../http-proxy/watch-users.ts';
import type { ProxyWorkerOrder } from '../http-proxy/worker-message.ts';
import { readDescriptors } from '../net/descriptors.ts';
import { dial } from '../net/dial.ts';
import type { Listener } from '../net/listener.ts';
import { readOwnAddresses } from '../net/own-addresses.ts';
import { type Log, openOutput } from '../observe/log.ts';
import type { Carrier } from './carrier.ts';
import type { Effects } from './effects.ts';
import type { WorkerEffects } from './worker.ts';

/** Names whose addresses are kept: a client can make names up without end. */
const maxNames = 10_000;

/** Carries HTTP proxy mode in this thread, or in worker threads. @throws RouterError LISTEN_FAILED */
export async function carryHttp(list: AccessList, config: ProxyConfig, log: Log, effects: Effects): Promise<Carrier> {
  const { clients, settings } = config;
  const watch: AuthenticationEffects['watchUsers'] = (onChange) =>
    clients.users === undefined
      ? () => {}
      : watchUsers({ file: clients.users, interval: settings.watchInterval, readFile: effects.readFile, log, onChange });
  const workerCount = settings.httpWorkers === 1 ? 0 : settings.httpWorkers;
  const memory = allocateSharedMemory(planConnectionLimit(settings.httpConnections, readDescriptors(), workerCount));
  if (workerCount === 0) {
    const parts = { shared: openSharedState(memory), log, siblings: undefined, watchUsers: watch };
    const proxy = await openProxy(list, config, parts, effects);
    return { ports: [proxy.port], stalled: () => [], close: proxy.close };
  }
  const output = openOutput(effects.terminal);
  const workers = await ProxyWorkers.start({
    list,
    config,
    memory,
    count: workerCount,
    startWorker: effects.startWorker,
    writeLines: (lines) => output.write(lines),
  });
  const stopWatch = watch((users) => workers.replaceUsers(users));
  return {
    ports: [workers.port],
    stalled: () => workers.stalled(),
    close: (signal) => {
      stopWatch();
      return workers.close(signal);
    },
  };
}

/** Carries HTTP proxy mode in a worker thread. */
export function carryHttpInWorker(port: MessagePort, order: ProxyWorkerOrder, effects: WorkerEffects): Promise<void> {
  return serveProxyWorker(port, order, (parts) => openProxy(order.list, order.config, parts, effects));
}

async function openProxy(
  list: AccessList,
  config: ProxyConfig,
  { shared, ...parts }: ThreadParts,
  { startWorker }: WorkerEffects,
): Promise<Listener> {
  const resolver = createResolver({ nameservers: config.cluster.nameservers, timeout: config.settings.dnsTimeout });
  const { resolve } = createCache(resolver, { maxNames, clock: () => performance.now() });
  const listener = await startHttpProxy(list, config, shared, {
    ...parts,
    resolve,
    dial,
    ownAddresses: readOwnAddresses,
    startPasswordWorker: () => startWorker({ kind: 'passwords' }),
  });
  return {
    port: listener.port,
    close: async (signal: AbortSignal) => {
      await listener.close(signal);
      resolver.close();
    },
  };
}
