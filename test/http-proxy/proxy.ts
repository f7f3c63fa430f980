import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import type { TestContext } from 'node:test';
import { Worker } from 'node:worker_threads';
import { parseAccessList } from '../../src/config/access-list.ts';
import { parseSettings } from '../../src/config/parse-settings.ts';
import type { Cluster, HttpClients } from '../../src/config/router-config.ts';
import type { Settings } from '../../src/config/settings.ts';
import { DnsError } from '../../src/dns/dns-error.ts';
import { planConnectionLimit } from '../../src/http-proxy/connection-limit.ts';
import { allocateSharedMemory, openSharedState } from '../../src/http-proxy/shared-state.ts';
import { startHttpProxy } from '../../src/http-proxy/start-http-proxy.ts';
import { watchUsers } from '../../src/http-proxy/watch-users.ts';
import { type Descriptors, readDescriptors } from '../../src/net/descriptors.ts';
import { type Dial, dial } from '../../src/net/dial.ts';
import { type IpAddress, parseIpAddress } from '../../src/net/ip-address.ts';
import type { Log } from '../../src/observe/log.ts';
import { until } from './sockets.ts';

/** One line of the log: what the proxy wrote, with its message as `msg`. */
export type LogLine = Readonly<Record<string, unknown>>;

/** A running proxy and what tests look at. */
export interface TestProxy {
  readonly port: number;
  readonly lines: readonly LogLine[];
  /** Names that were looked up, in order. */
  readonly lookedUp: readonly string[];
  /** Waits for the next line that has these members. */
  waitForLine(members: LogLine): Promise<LogLine>;
  close(signal: AbortSignal): Promise<void>;
}

/** How a proxy is to be. Every name in `hosts` resolves to these addresses; `servfail.example` fails, every other name does not exist. */
export interface TestProxyOptions {
  readonly rules: readonly string[];
  readonly hosts?: Readonly<Record<string, readonly string[]>>;
  readonly settings?: Partial<Settings>;
  readonly clients?: Partial<HttpClients>;
  readonly cluster?: Partial<Cluster>;
  readonly ownAddresses?: readonly string[];
  readonly dial?: Dial;
  readonly descriptors?: Descriptors;
  /** The file of users, as it is now; for the rest see `clients`. */
  readonly readFile?: () => string;
  /** Awaited by each look-up. */
  readonly lookUp?: () => Promise<void>;
}

const passwordWorker = new URL('programs/password-worker.ts', import.meta.url);

/** Starts a proxy on a free port, with default settings but for those given. It is closed when the test ends. */
export async function openProxy(t: TestContext, options: TestProxyOptions): Promise<TestProxy> {
  const lines: LogLine[] = [];
  const write = (level: string) => (line: object, msg?: string) => {
    lines.push({ level, ...line, msg });
  };
  const log: Log = { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') };
  const { value: list, problems } = parseAccessList({ variable: 'LIST', text: options.rules.join('\n') }, []);
  assert.deepEqual(problems, []);
  assert.ok(list);
  const { value: defaults } = parseSettings({});
  assert.ok(defaults);
  const lookedUp: string[] = [];
  const settings = { ...defaults, httpProxyPort: 0, healthPort: undefined, ...options.settings };
  const clients = { prefixes: undefined, users: undefined, ...options.clients };
  const listener = await startHttpProxy(
    list,
    {
      settings,
      clients,
      cluster: { nameservers: [], apiServer: undefined, cidrs: [], ...options.cluster },
    },
    openSharedState(allocateSharedMemory(planConnectionLimit(settings.httpConnections, options.descriptors ?? readDescriptors(), 0))),
    {
      dial: options.dial ?? dial,
      siblings: undefined,
      watchUsers: (onChange) => {
        const { readFile = () => '' } = options;
        return clients.users === undefined
          ? () => {}
          : watchUsers({ file: clients.users, interval: settings.watchInterval, readFile, log, onChange });
      },
      startPasswordWorker: () => new Worker(passwordWorker),
      log,
      ownAddresses: () => (options.ownAddresses ?? ['127.0.0.1', '::1']).map(address),
      resolve: async (name) => {
        lookedUp.push(name);
        await options.lookUp?.();
        const addresses = options.hosts?.[name];
        if (name === 'servfail.example') throw new DnsError('server-failed', `cannot resolve ${name}: ESERVFAIL`);
        if (name === 'timeout.example') throw new DnsError('timeout', `no answer for ${name}`);
        if (addresses === undefined) throw new DnsError('not-found', `cannot resolve ${name}: ENOTFOUND`);
        return addresses.map(address);
      },
    },
  );
  t.after(() => listener.close(AbortSignal.abort()));
  return {
    port: listener.port,
    lines,
    lookedUp,
    close: (signal) => listener.close(signal),
    async waitForLine(members) {
      const find = () => lines.find((line) => Object.entries(members).every(([name, value]) => line[name] === value));
      await until(
        () => find() !== undefined,
        () => JSON.stringify([members, lines]),
      );
      return find() ?? {};
    },
  };
}

/** Dials for real, and lists the sockets: those of the proxy to its destinations. */
export function recordingDial(sockets: Socket[]): Dial {
  return async (...where) => {
    const socket = await dial(...where);
    sockets.push(socket);
    return socket;
  };
}

/** Parses an address that the test knows to be one. */
export function address(text: string): IpAddress {
  const parsed = parseIpAddress(text);
  assert.ok(parsed, text);
  return parsed;
}
