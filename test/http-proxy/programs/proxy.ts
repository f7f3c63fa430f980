// A proxy in a process of its own, for tests that need one: prints its port, and logs as the router does. Its arguments are the rules; PROXY_OPTIONS is a
// ProgramOptions as JSON. Closes when standard input ends, and resets what is left a second later.
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { parseAccessList } from '../../../src/config/access-list.ts';
import { parseSettings } from '../../../src/config/parse-settings.ts';
import type { AccessList } from '../../../src/config/router-config.ts';
import { planConnectionLimit } from '../../../src/http-proxy/connection-limit.ts';
import { serveProxyWorker, type ThreadParts } from '../../../src/http-proxy/proxy-worker.ts';
import { ProxyWorkers } from '../../../src/http-proxy/proxy-workers.ts';
import { allocateSharedMemory, openSharedState } from '../../../src/http-proxy/shared-state.ts';
import { type ProxyConfig, startHttpProxy } from '../../../src/http-proxy/start-http-proxy.ts';
import type { ProxyWorkerOrder } from '../../../src/http-proxy/worker-message.ts';
import { readDescriptors } from '../../../src/net/descriptors.ts';
import { dial } from '../../../src/net/dial.ts';
import { readOwnAddresses } from '../../../src/net/own-addresses.ts';
import { openLog, openOutput } from '../../../src/observe/log.ts';
import type { ProgramOptions } from '../child-proxy.ts';

if (isMainThread) await runProxy();
else if (parentPort !== null) {
  const order: ProxyWorkerOrder = workerData;
  await serveProxyWorker(parentPort, order, (parts) => openProxy(order.list, order.config, parts));
}

async function runProxy(): Promise<void> {
  const { settings: given, users }: ProgramOptions = JSON.parse(process.env.PROXY_OPTIONS ?? '{}');
  const { value: list } = parseAccessList({ variable: 'LIST', text: process.argv.slice(2).join('\n') }, []);
  const { value: defaults } = parseSettings({});
  if (list === undefined || defaults === undefined) throw new Error('the list is no list');
  const settings = { ...defaults, httpProxyPort: 0, ...given };
  const file = users && { path: '', source: { variable: 'USERS', text: '' }, users };
  const config: ProxyConfig = {
    settings,
    clients: { prefixes: undefined, users: file },
    cluster: { nameservers: [], apiServer: undefined, cidrs: [] },
  };
  const proxy = await (settings.httpWorkers === 1 ? startAlone(list, config) : startWorkers(list, config));
  process.stdout.write(`port ${proxy.port}\n`);
  process.stdin.resume().on('end', () => proxy.close(AbortSignal.timeout(1_000)));
}

function startAlone(list: AccessList, config: ProxyConfig) {
  const shared = openSharedState(allocateMemory(config));
  const log = openLog('info', openOutput(false));
  return openProxy(list, config, { shared, log, siblings: undefined, watchUsers: () => () => {} });
}

async function startWorkers(list: AccessList, config: ProxyConfig): Promise<ProxyWorkers> {
  const output = openOutput(false);
  const workers = await ProxyWorkers.start({
    list,
    config,
    memory: allocateMemory(config),
    count: config.settings.httpWorkers,
    startWorker: (order) => new Worker(new URL(import.meta.url), { workerData: order }),
    writeLines: (lines) => output.write(lines),
  });
  process.on('SIGUSR2', () => {
    workers.replaceUsers([]);
    process.stdout.write('users replaced\n');
  });
  setInterval(() => {
    for (const reason of workers.stalled()) process.stdout.write(`stalled ${reason}\n`);
  }, 500).unref();
  return workers;
}

function allocateMemory({ settings }: ProxyConfig) {
  return allocateSharedMemory(
    planConnectionLimit(settings.httpConnections, readDescriptors(), settings.httpWorkers === 1 ? 0 : settings.httpWorkers),
  );
}

function openProxy(list: AccessList, config: ProxyConfig, { shared, ...parts }: ThreadParts) {
  return startHttpProxy(list, config, shared, {
    ...parts,
    dial,
    startPasswordWorker: () => new Worker(new URL('password-worker.ts', import.meta.url)),
    ownAddresses: readOwnAddresses,
    resolve: async (name) => {
      if (name === 'blocks.example') Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 8_000);
      throw new Error(`nobody resolves ${name} here`);
    },
  });
}
