import { randomBytes } from 'node:crypto';
import type { AccessList, RouterConfig } from '../config/router-config.ts';
import type { Descriptors } from '../net/descriptors.ts';
import type { Dial } from '../net/dial.ts';
import type { IpAddress } from '../net/ip-address.ts';
import { type Listener, openListener } from '../net/listener.ts';
import { RouterError } from '../router-error.ts';
import { Admission } from './admission.ts';
import { createBoundedDial } from './bounded-dial.ts';
import { ClientLimit } from './client-limit.ts';
import { planConnectionLimit } from './connection-limit.ts';
import type { ProxyContext } from './context.ts';
import { createDialAllowed } from './dial-allowed.ts';
import { createFrontServer } from './front-server.ts';
import type { Resolve } from './judge.ts';
import { createPolicy } from './policy.ts';
import { type AuthenticationEffects, startAuthentication } from './start-authentication.ts';
import { UpstreamPool } from './upstream-pool.ts';

/** What the proxy does to the world. */
export interface HttpProxyEffects extends AuthenticationEffects {
  readonly resolve: Resolve;
  readonly dial: Dial;
  /** Those of this process, as they are now. */
  readonly descriptors: () => Descriptors;
  /** The addresses of the pod's interfaces, as they are now. */
  readonly ownAddresses: () => readonly IpAddress[];
}

/**
 * Opens the HTTP proxy: requests in absolute form, CONNECT and WebSockets, on every address of the pod. `close` of what it returns stops
 * accepting, lets requests and tunnels finish, and resets those that are left when its signal aborts.
 * @throws RouterError LISTEN_FAILED
 */
export async function startHttpProxy(
  list: AccessList,
  { clients, cluster, settings }: Pick<RouterConfig, 'clients' | 'cluster' | 'settings'>,
  effects: HttpProxyEffects,
): Promise<Listener> {
  const { resolve, dial, descriptors, log, ownAddresses } = effects;
  const ownPorts = settings.healthPort === undefined ? [] : [settings.healthPort];
  const limit = planConnectionLimit(settings.httpConnections, descriptors());
  const dialAllowed = createDialAllowed(
    createBoundedDial(dial, limit.dialled, () => pool.closeIdle()),
    settings.connectTimeout,
  );
  const pool: UpstreamPool = new UpstreamPool(dialAllowed, settings.idleTimeout);
  const authentication = clients.users && startAuthentication(clients.users, settings.watchInterval, effects);
  let closing = false;
  const context: ProxyContext = {
    policy: createPolicy({ rules: list.rules, cluster, ownAddresses, ownPorts }),
    resolve,
    dial: dialAllowed,
    pool,
    clientTunnels: new ClientLimit(settings.httpClientTunnels, 'tunnels'),
    clientRequests: new ClientLimit(settings.httpClientRequests, 'requests'),
    authenticator: authentication?.authenticator,
    settings,
    log,
    pseudonym: `egress-router-${randomBytes(4).toString('hex')}`,
    closing: () => closing,
  };
  const { server, closeIdle } = createFrontServer(context, new Admission({ clients: clients.prefixes, limit, log }), limit.accepted);
  const listener = await openListener(server, settings.httpProxyPort, (error) => {
    log.warn({ err: error }, 'a client could not be accepted');
  }).catch((error: Error) => {
    throw new RouterError(
      'LISTEN_FAILED',
      `cannot listen on HTTP proxy port ${settings.httpProxyPort}: ${error.message}`,
      'set EGRESS_HTTP_PROXY_PORT to a free port',
      { cause: error },
    );
  });
  ownPorts.push(listener.port);
  return {
    port: listener.port,
    async close(signal) {
      closing = true;
      closeIdle();
      await listener.close(signal);
      pool.close();
      await authentication?.close();
    },
  };
}
