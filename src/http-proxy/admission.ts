import { parseIpAddress } from '../net/ip-address.ts';
import { type Prefix, prefixContains } from '../net/prefix.ts';
import type { SharedFlag } from '../net/shared-flag.ts';
import type { Log } from '../observe/log.ts';
import type { ConnectionLimit } from './connection-limit.ts';
import { Failure } from './failure.ts';

/** What decides about a connection before a byte of it is read. */
export interface AdmissionOptions {
  /** Addresses of clients that are served; undefined = all. */
  readonly clients: readonly Prefix[] | undefined;
  readonly limit: ConnectionLimit;
  /** Clients are being turned away, by whatever thread. */
  readonly full: SharedFlag;
  readonly log: Log;
}

/** Decides which connections are served, and says in the log when they become too many and when that is over: once each. */
export class Admission {
  readonly #clients: readonly Prefix[] | undefined;
  readonly #limit: ConnectionLimit;
  readonly #full: SharedFlag;
  readonly #log: Log;

  constructor({ clients, limit, full, log }: AdmissionOptions) {
    this.#clients = clients;
    this.#limit = limit;
    this.#full = full;
    this.#log = log;
  }

  /**
   * Why a client that has just connected is not served; undefined = it is.
   * @param client its address
   * @param connections how many are served already
   * @param makeRoom closes one of them that nothing is lost with; says whether there was one
   */
  refusalOf(client: string, connections: number, makeRoom: () => boolean): Failure | undefined {
    if (!this.#isClient(client)) return new Failure('client-denied', `the client ${client} is not in EGRESS_HTTP_PROXY_CLIENTS`);
    if (connections < this.#limit.served || makeRoom()) return undefined;
    if (this.#full.raise()) {
      this.#log.warn({ connections }, 'clients are turned away: too many connections, or too few descriptors for them');
    }
    return new Failure('router-full', `the router serves ${connections} client connections, as many as it may`);
  }

  /** A connection has ended; those that are left are so many. */
  release(connections: number): void {
    // Not with the first that ends: a router at its limit would say it with every client.
    if (connections <= this.#limit.served * 0.9 && this.#full.lower()) this.#log.info({ connections }, 'clients are no longer turned away');
  }

  #isClient(client: string): boolean {
    if (this.#clients === undefined) return true;
    const address = parseIpAddress(client.replace(/%.*/, ''));
    return address !== undefined && this.#clients.some((prefix) => prefixContains(prefix, address));
  }
}
