import type { Settings } from '../config/settings.ts';
import type { Log } from '../observe/log.ts';
import type { Authenticator } from './authenticator.ts';
import type { ClientLimit } from './client-limit.ts';
import type { AccessPolicy } from './decide.ts';
import type { DialAllowed } from './dial-allowed.ts';
import type { Resolve } from './judge.ts';
import type { UpstreamPool } from './upstream-pool.ts';

/** What every request needs of the proxy that serves it. */
export interface ProxyContext {
  /** The access list with what is special now. */
  readonly policy: () => AccessPolicy;
  readonly resolve: Resolve;
  /** For tunnels; requests go by the pool, which dials the same way. */
  readonly dial: DialAllowed;
  readonly pool: UpstreamPool;
  /** Tunnels that each client has open. */
  readonly clientTunnels: ClientLimit;
  /** Requests of each client that are being served. */
  readonly clientRequests: ClientLimit;
  /** undefined = nobody is asked for a password. */
  readonly authenticator: Authenticator | undefined;
  readonly settings: Settings;
  readonly log: Log;
  /** Our name in Via. */
  readonly pseudonym: string;
  /** No client connection outlives its present request. */
  readonly closing: () => boolean;
}
