import type { DnsRoute } from '../config/router-config.ts';
import type { Settings } from '../config/settings.ts';
import { createTcpServer, type Listener, openListener } from '../net/listener.ts';
import { Slots } from '../net/slots.ts';
import { RouterError } from '../router-error.ts';
import { carryConnection } from './connection.ts';
import { type LiveRoute, type RouteEffects, startRoute } from './route.ts';

/** A running DNS proxy. */
export interface DnsProxy {
  /** The bound ports, in the order of the routes. */
  readonly ports: readonly number[];
  /**
   * Stops accepting and waits for open connections to end; those that are left when `signal` aborts are reset. Look-ups and health checks
   * go on until then, for connections that are being made. The resolver stays the caller's.
   */
  close(signal: AbortSignal): Promise<void>;
}

/**
 * Starts a listener for each route, on every address of both families. It does not wait for DNS: names that do not resolve are
 * asked for again and again, and connections that come before the first answer wait for it.
 * @throws RouterError LISTEN_FAILED; whatever was opened is closed again
 */
export async function startDnsProxy(routes: readonly DnsRoute[], settings: Settings, effects: RouteEffects): Promise<DnsProxy> {
  const live = routes.map((route) => startRoute(route, settings, effects));
  const connections = new Slots<Promise<void>>();
  const listen = (route: LiveRoute) => {
    const server = createTcpServer((client) => {
      const connection = carryConnection(client, { route, settings, dial: effects.dial, log: effects.log });
      const slot = connections.add(connection);
      connection.finally(() => connections.remove(slot));
    });
    return openListener(server, route.port, (error) =>
      effects.log.warn({ rule: route.rule, cause: error.message }, 'a client could not be accepted'),
    ).catch((error: NodeJS.ErrnoException) => {
      throw listenError(route, error);
    });
  };
  const opened = await Promise.allSettled(live.map(listen));
  const listeners: readonly Listener[] = opened.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
  const close = async (signal: AbortSignal) => {
    await Promise.all(listeners.map((listener) => listener.close(signal)));
    for (const route of live) route.close();
    await Promise.all(connections.values());
  };
  for (const result of opened) {
    if (result.status === 'fulfilled') continue;
    await close(AbortSignal.abort());
    throw result.reason;
  }
  return { ports: listeners.map(({ port }) => port), close };
}

function listenError({ port, rule }: LiveRoute, error: NodeJS.ErrnoException): RouterError {
  const remedy =
    error.code === 'EACCES'
      ? `allow ports below 1024: sysctl net.ipv4.ip_unprivileged_port_start=0 in the pod ('setup' does it where it can), or NET_BIND_SERVICE`
      : `give the line another port, or end what listens on ${port} in this pod`;
  return new RouterError('LISTEN_FAILED', `cannot listen on port ${port} of ${rule}: ${error.code}`, remedy, { cause: error });
}
