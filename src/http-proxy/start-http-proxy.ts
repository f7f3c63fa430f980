import type { AccessList, RouterConfig } from '../config/router-config.ts';
import { settingVariables } from '../config/variables.ts';
import type { Dial } from '../net/dial.ts';
import type { IpAddress } from '../net/ip-address.ts';
import { type Listener, openListener } from '../net/listener.ts';
import type { Log } from '../observe/log.ts';
import { RouterError } from '../router-error.ts';
import { Admission } from './admission.ts';
import { createBoundedDial } from './bounded-dial.ts';
import { ClientLimit } from './client-limit.ts';
import type { ProxyContext } from './context.ts';
import { createDialAllowed } from './dial-allowed.ts';
import { createFrontServer } from './front-server.ts';
import type { Resolve } from './judge.ts';
import { createPolicy } from './policy.ts';
import type { SharedState } from './shared-state.ts';
import type { Siblings } from './siblings.ts';
import { type AuthenticationEffects, startAuthentication } from './start-authentication.ts';
import { UpstreamPool } from './upstream-pool.ts';

/** What the proxy goes by, besides its access list. */
export type ProxyConfig = Pick<RouterConfig, 'clients' | 'cluster' | 'settings'>;

/** What the proxy does to the world. */
export interface HttpProxyEffects extends AuthenticationEffects {
  readonly resolve: Resolve;
  readonly dial: Dial;
  /** The addresses of the pod's interfaces, as they are now. */
  readonly ownAddresses: () => readonly IpAddress[];
  readonly log: Log;
  /** The other threads of this proxy; undefined = it is alone. */
  readonly siblings: Siblings | undefined;
}

/**
 * Opens the HTTP proxy: requests in absolute form, CONNECT and WebSockets, on every address of the pod. `close` of what it returns stops
 * accepting, lets requests and tunnels finish, and resets those that are left when its signal aborts.
 * @throws RouterError LISTEN_FAILED
 */
export async function startHttpProxy(
  list: AccessList,
  { clients, cluster, settings }: ProxyConfig,
  shared: SharedState,
  effects: HttpProxyEffects,
): Promise<Listener> {
  const { resolve, dial, log, ownAddresses, siblings } = effects;
  const ownPorts = settings.healthPort === undefined ? [] : [settings.healthPort];
  const dialAllowed = createDialAllowed(
    createBoundedDial(dial, shared.limit.dialled, shared.dialled, () => {
      pool.closeIdle();
      siblings?.askForRoom();
    }),
    settings.connectTimeout,
  );
  const pool: UpstreamPool = new UpstreamPool(dialAllowed, settings.idleTimeout);
  siblings?.onAskedForRoom(() => pool.closeIdle());
  const authentication = clients.users && startAuthentication(clients.users.users, shared.checks, effects);
  let closing = false;
  const context: ProxyContext = {
    policy: createPolicy({ rules: list.rules, cluster, ownAddresses, ownPorts }),
    resolve,
    dial: dialAllowed,
    pool,
    clientTunnels: new ClientLimit(settings.httpClientTunnels, 'tunnels', shared.tunnels, settingVariables.httpClientTunnels.name),
    clientRequests: new ClientLimit(settings.httpClientRequests, 'requests', shared.requests, settingVariables.httpClientRequests.name),
    authenticator: authentication?.authenticator,
    settings,
    log,
    pseudonym: shared.pseudonym,
    closing: () => closing,
  };
  const { server, closeIdle } = createFrontServer(
    context,
    new Admission({ clients: clients.prefixes, limit: shared.limit, full: shared.full, log }),
    shared,
  );
  const listener = await openListener(
    server,
    settings.httpProxyPort,
    (error) => log.warn({ err: error }, 'a client could not be accepted'),
    { reusePort: siblings !== undefined },
  ).catch((error: Error) => {
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
