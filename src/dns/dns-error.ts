/**
 * Why a name has no answer. `not-found`: it does not exist (NXDOMAIN). `no-data`: it exists without an address. `server-failed`: the
 * nameservers say that they cannot tell (SERVFAIL, REFUSED and the like). `timeout`: none answered in time. `unreachable`: none
 * could be sent to. `closed`: the resolver was closed meanwhile.
 */
export type DnsFailure = 'not-found' | 'no-data' | 'server-failed' | 'timeout' | 'unreachable' | 'closed';

/** A name that was not resolved. */
export class DnsError extends Error {
  override readonly name = 'DnsError';
  readonly kind: DnsFailure;

  constructor(kind: DnsFailure, message: string, options?: ErrorOptions) {
    super(message, options);
    this.kind = kind;
  }
}
