// The proxy that is fuzzed, in a process of its own, so that its end is seen and survived. Whatever address it dials, the connection goes
// to the campaign's origin, whose port is the argument: nothing leaves the loopback interface.
import { readdirSync } from 'node:fs';
import { parseAccessList } from '../../src/config/access-list.ts';
import { parseSettings } from '../../src/config/parse-settings.ts';
import { DnsError } from '../../src/dns/dns-error.ts';
import { planConnectionLimit } from '../../src/http-proxy/connection-limit.ts';
import { allocateSharedMemory, openSharedState } from '../../src/http-proxy/shared-state.ts';
import { startHttpProxy } from '../../src/http-proxy/start-http-proxy.ts';
import { readDescriptors } from '../../src/net/descriptors.ts';
import { dial } from '../../src/net/dial.ts';
import { type IpAddress, parseIpAddress } from '../../src/net/ip-address.ts';
import { parsePrefix } from '../../src/net/prefix.ts';
import type { ProxyMessage, ProxyOrder } from '../proxy-message.ts';
import { accessList, names, pod } from '../world.ts';

/** How long sockets may take to go when nobody is at their other end any more, in milliseconds. */
const settleTimeout = 2_000;
/** That time is no time where the machine is busy with others. */
const minLooks = 500;

const tell = (message: ProxyMessage) => process.send?.(message);
const parseAddresses = (texts: readonly string[]) => texts.flatMap((text) => parseIpAddress(text) ?? []);
const [origin] = parseAddresses(['127.0.0.1']);
const [apiServer] = parseAddresses([pod.apiServer]);
const { value: list } = parseAccessList({ variable: 'LIST', text: accessList.join('\n') }, []);
const { value: settings } = parseSettings({});
if (list === undefined || settings === undefined || origin === undefined || apiServer === undefined)
  throw new Error('the fuzzed world is no world');

const log = (line: object, message?: string) => tell({ kind: 'line', line: { ...line, msg: message } });
const proxy = await startHttpProxy(
  list,
  {
    settings: { ...settings, httpProxyPort: 0, healthPort: undefined },
    clients: { prefixes: undefined, users: undefined },
    cluster: {
      nameservers: parseAddresses(pod.nameservers),
      apiServer: { address: apiServer, port: 443 },
      cidrs: pod.clusterCidrs.flatMap((text) => parsePrefix(text) ?? []),
    },
  },
  openSharedState(allocateSharedMemory(planConnectionLimit(settings.httpConnections, readDescriptors(), 0))),
  {
    dial: (address: IpAddress, port, options) => {
      tell({ kind: 'dial', address: address.text, port });
      return dial(origin, Number(process.argv[2]), options);
    },
    resolve: async (name) => {
      // A resolver takes a trailing dot for what it is.
      const addresses = names[name.replace(/\.$/, '')];
      if (addresses === undefined) throw new DnsError('not-found', `${name} does not exist here`);
      return parseAddresses(addresses);
    },
    watchUsers: () => {
      throw new Error('the fuzzed world has no users');
    },
    startPasswordWorker: () => {
      throw new Error('the fuzzed world has no users');
    },
    siblings: undefined,
    log: { debug: () => {}, info: log, warn: log, error: log },
    ownAddresses: () => parseAddresses(pod.ownAddresses),
  },
);

const countDescriptors = () => readdirSync('/proc/self/fd').length;
let base = 0;

async function settle(): Promise<void> {
  const deadline = performance.now() + settleTimeout;
  for (let looks = 0; countDescriptors() > base && (looks < minLooks || performance.now() < deadline); looks += 1) {
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  // A socket tells that it is closed a little later than its descriptor is gone, and then the log line is written.
  for (let turn = 0; turn < 3; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  tell({ kind: 'settled', leaked: countDescriptors() - base });
}

process.on('message', (order: ProxyOrder) => {
  if (order === 'take-base') {
    base = countDescriptors();
    tell({ kind: 'settled', leaked: 0 });
  }
  if (order === 'settle') void settle();
  if (order === 'measure-memory') {
    globalThis.gc?.();
    const { heapUsed, external } = process.memoryUsage();
    tell({ kind: 'memory', bytes: heapUsed + external });
  }
});
tell({ kind: 'listening', port: proxy.port });
