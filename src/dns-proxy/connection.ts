import type { Socket } from 'node:net';
import type { Settings } from '../config/settings.ts';
import type { Dial } from '../net/dial.ts';
import { formatUrlHost } from '../net/ip-address.ts';
import { splice } from '../net/splice.ts';
import type { Log } from '../observe/log.ts';
import { reach } from './reach.ts';
import type { LiveRoute } from './route.ts';

/** What a connection needs. */
export interface ConnectionOptions {
  readonly route: LiveRoute;
  readonly settings: Settings;
  readonly dial: Dial;
  readonly log: Log;
}

/**
 * Carries a client's connection to an endpoint of the route until it ends; a client for whom no endpoint can be reached is
 * reset, so that it cannot take that for an empty answer. Closes the client, logs one line, never rejects on what a peer does.
 */
export async function carryConnection(client: Socket, { route, settings, dial, log }: ConnectionOptions): Promise<void> {
  const started = performance.now();
  const peer = { client: peerOf(client), port: client.localPort, route: route.place };
  const gone = new AbortController();
  client.once('close', () => gone.abort());
  await route.asked;
  const { dnsProxyRetries: retries, connectTimeout } = settings;
  const reached = await reach(route.backend, { dial, connectTimeout, retries, signal: gone.signal });
  const { endpoint, dials, upstream } = reached;
  const destination = endpoint && `${formatUrlHost(endpoint.address)}:${endpoint.port}`;
  const line = () => ({ ...peer, endpoint: destination, dials, durationMs: Math.round(performance.now() - started) });
  if (upstream === undefined) {
    client.resetAndDestroy();
    log.warn({ ...line(), decision: 'reset', bytesUp: 0, bytesDown: 0, reason: reached.reason }, 'connection');
    return;
  }
  const { bytesUp, bytesDown, reason } = await splice(client, upstream, { idleTimeout: settings.idleTimeout });
  log.info({ ...line(), decision: 'forward', bytesUp, bytesDown, reason }, 'connection');
}

/** A dual-stack listener shows IPv4 clients as IPv4-mapped IPv6 addresses. */
function peerOf(client: Socket): string {
  const address = (client.remoteAddress ?? 'unknown').replace(/^::ffff:(?=\d+\.)/, '');
  return address.includes(':') ? `[${address}]:${client.remotePort}` : `${address}:${client.remotePort}`;
}
