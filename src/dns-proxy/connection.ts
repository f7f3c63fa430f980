import type { Socket } from 'node:net';
import type { Settings } from '../config/settings.ts';
import type { Dial } from '../net/dial.ts';
import { formatUrlHost } from '../net/ip-address.ts';
import { remoteAddress } from '../net/remote-address.ts';
import { resetSocket } from '../net/reset-socket.ts';
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
  const peer = { client: remoteAddress(client), listener: client.localPort };
  const gone = new AbortController();
  client.once('close', () => gone.abort());
  await route.asked;
  const { dnsProxyRetries: retries, connectTimeout } = settings;
  const { upstream, endpoint, dials, reason } = await reach(route.backend, { dial, connectTimeout, retries, signal: gone.signal });
  const carried = upstream && (await splice(client, upstream, { idleTimeout: settings.idleTimeout }));
  if (carried === undefined) resetSocket(client);
  const fields = {
    ...peer,
    destination: route.destination,
    endpoint: endpoint && `${formatUrlHost(endpoint.address)}:${endpoint.port}`,
    rule: route.rule,
    decision: carried === undefined ? 'none' : 'allow',
    dials,
    bytesUp: carried?.bytesUp ?? 0,
    bytesDown: carried?.bytesDown ?? 0,
    durationMs: Math.round(performance.now() - started),
    reason: carried?.reason ?? reason,
  };
  if (carried === undefined && reason !== 'aborted') log.warn(fields, 'connection');
  else log.info(fields, 'connection');
}
