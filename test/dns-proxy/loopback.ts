import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import type { TestContext } from 'node:test';
import { pino } from 'pino';
import { parseRouterConfig } from '../../src/config/parse-router-config.ts';
import { createResolver } from '../../src/dns/resolver.ts';
import { type DnsProxy, startDnsProxy } from '../../src/dns-proxy/dns-proxy.ts';
import type { EndpointRefusal } from '../../src/dns-proxy/endpoint-refusal.ts';
import { dial } from '../../src/net/dial.ts';
import { parsePort } from '../../src/net/port.ts';
import { resetSocket } from '../../src/net/reset-socket.ts';
import { type Nameserver, zone } from '../dns/nameserver.ts';

/** A line of the proxy's log, as far as tests look at it. */
export type LogLine = Readonly<Record<string, unknown>>;

/** A proxy in this process, on loopback. */
export interface TestProxy extends DnsProxy {
  /** What was logged until now. */
  readonly lines: readonly LogLine[];
  /** The first line, past or future, that has these fields. @throws Error with the log after `timeout` milliseconds */
  line(fields: LogLine, timeout?: number): Promise<LogLine>;
}

/** What a test proxy is given besides its list. */
export interface ProxyOptions {
  readonly variables?: Readonly<Record<string, string>>;
  /** Default: nothing is refused, for here all endpoints are loopback addresses. */
  readonly refusal?: EndpointRefusal;
}

/** Times that make a test short; what they stand for is proved with the defaults in parity-times.test.ts. */
export const shortTimes = { EGRESS_DNS_PROXY_CHECK_INTERVAL: '200ms', EGRESS_DNS_PROXY_HOLD: '4s', EGRESS_DNS_TIMEOUT: '1s' };

/** Starts the proxy for lines `BACKEND TARGETPORT`, each on a port of the kernel's choice. `db` in a line means `db.example.test`. */
export async function startProxy(
  t: TestContext,
  nameserver: Nameserver,
  list: readonly string[],
  options: ProxyOptions = {},
): Promise<TestProxy> {
  const text = list.map((line, index) => `${index + 1} ${line.replace(/^[a-z]+(?= )/, (name) => `${name}.${zone}`)}`).join('\n');
  const env = { ...shortTimes, ...options.variables, EGRESS_DNS_PROXY_DESTINATION: text };
  const { carry, settings } = parseRouterConfig({ env, command: 'run', readFile: () => '' });
  assert.equal(carry.mode, 'dns-proxy');
  const routes = carry.routes.map((route) => ({ ...route, port: 0 }));
  const { lines, line, log } = recordLog();
  const resolver = createResolver({ nameservers: [nameserver.address], port: nameserver.port, timeout: settings.dnsTimeout });
  const proxy = await startDnsProxy(routes, settings, { resolver, refusal: options.refusal ?? (() => undefined), dial, log });
  const close = async (signal: AbortSignal) => {
    await proxy.close(signal);
    resolver.close();
  };
  t.after(() => close(AbortSignal.abort()));
  return { ports: proxy.ports, close, lines, line };
}

function recordLog() {
  const lines: LogLine[] = [];
  const waiting = new Set<() => void>();
  const write = (text: string) => {
    lines.push(JSON.parse(text));
    for (const wake of waiting) wake();
  };
  const log = pino({ level: 'debug', base: null, formatters: { level: (label) => ({ level: label }) } }, { write });
  const line = (fields: LogLine, timeout = 10_000) =>
    new Promise<LogLine>((resolve, reject) => {
      const look = () => {
        const found = lines.find((candidate) => Object.entries(fields).every(([key, value]) => candidate[key] === value));
        if (found === undefined) return;
        clearTimeout(timer);
        waiting.delete(look);
        resolve(found);
      };
      const timer = setTimeout(() => {
        waiting.delete(look);
        reject(
          new Error(`no line ${JSON.stringify(fields)} within ${timeout} ms:\n${lines.map((item) => JSON.stringify(item)).join('\n')}`),
        );
      }, timeout);
      waiting.add(look);
      look();
    });
  return { lines, line, log };
}

/** A server that says its address, then sends everything back, half-close included. */
export interface Endpoint {
  readonly address: string;
  readonly port: number;
  /** The connections that are open. */
  readonly sockets: ReadonlySet<Socket>;
  /** How many connections were broken off without a byte: the proxy's health checks. */
  readonly checks: number;
  /** Connections are refused from now on, and open ones reset. */
  stop(): Promise<void>;
  /** Connections are refused from now on; open ones may finish. */
  drain(): Promise<void>;
}

/** Starts an endpoint; port 0 = any. It ends with the test. */
export async function startEndpoint(t: TestContext, address: string, port = 0): Promise<Endpoint> {
  const sockets = new Set<Socket>();
  let checks = 0;
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket);
    socket
      .on('error', () => {})
      .once('close', (hadError) => {
        sockets.delete(socket);
        if (hadError && socket.bytesRead === 0) checks += 1;
      });
    socket.write(`${address}\n`);
    socket.pipe(socket);
  });
  server.listen(port, address);
  await once(server, 'listening');
  const bound = server.address();
  assert.ok(bound !== null && typeof bound === 'object');
  const drain = async () => {
    if (!server.listening) return;
    const closed = once(server, 'close');
    server.close();
    await closed;
  };
  const stop = async () => {
    const drained = drain();
    for (const socket of sockets) resetSocket(socket);
    await drained;
  };
  t.after(stop);
  return {
    address,
    port: bound.port,
    sockets,
    get checks() {
      return checks;
    },
    stop,
    drain,
  };
}

/** Connects to a port of the proxy, sends, finishes, and gives all that comes back. @throws Error with a code when that breaks off */
export async function talk(port: number | undefined, message = 'hello', host = '127.0.0.1'): Promise<string> {
  const socket = connectTo(port, host);
  socket.end(message);
  let text = '';
  for await (const chunk of socket.setEncoding('utf8')) text += chunk;
  return text;
}

/** The address of the endpoint that a new connection reaches. */
export async function reached(port: number | undefined): Promise<string> {
  return (await talk(port, '')).trim();
}

/** Connects to a port of the proxy. */
export function connectTo(port: number | undefined, host = '127.0.0.1'): Socket {
  assert.ok(parsePort(`${port}`));
  return connect({ port: port ?? 0, host, allowHalfOpen: true });
}

/** Waits until `condition` holds, and gives the milliseconds that took. @throws Error after `timeout` milliseconds */
export async function until(condition: () => Promise<boolean> | boolean, timeout = 10_000): Promise<number> {
  const started = performance.now();
  while (!(await condition())) {
    if (performance.now() - started > timeout) throw new Error(`not so within ${timeout} ms: ${condition}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return performance.now() - started;
}
