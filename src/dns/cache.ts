import type { IpAddress } from '../net/ip-address.ts';
import type { Resolver } from './resolver.ts';

/** Answers that are kept for as long as their TTL runs. */
export interface Cache {
  /**
   * The addresses of a name, at least one. Callers that ask for one name at the same time share one look-up. Failures are not kept.
   * @throws DnsError as `Resolver.resolve`
   */
  resolve(name: string): Promise<readonly IpAddress[]>;
}

/** What a cache needs. */
export interface CacheOptions {
  /** The name that was asked for longest ago goes first: what a client can make up must not fill the memory. */
  readonly maxNames: number;
  /** Milliseconds on a clock that never goes back. */
  readonly clock: () => number;
}

/** Puts a cache before a resolver, which stays the caller's to close. */
export function createCache(resolver: Pick<Resolver, 'resolve'>, { maxNames, clock }: CacheOptions): Cache {
  const entries = new Map<string, { addresses: Promise<readonly IpAddress[]>; expires: number }>();
  const look = (name: string) => {
    const entry = {
      expires: Number.POSITIVE_INFINITY,
      addresses: resolver.resolve(name).then(
        ({ addresses, ttl }) => {
          entry.expires = clock() + ttl;
          return addresses;
        },
        (error) => {
          if (entries.get(name) === entry) entries.delete(name);
          throw error;
        },
      ),
    };
    return entry;
  };
  return {
    resolve(name) {
      const known = entries.get(name);
      const entry = known !== undefined && known.expires > clock() ? known : look(name);
      // Deleted and set again: a Map lists its keys in the order in which they were set.
      entries.delete(name);
      entries.set(name, entry);
      const [oldest] = entries.size > maxNames ? entries.keys() : [];
      if (oldest !== undefined) entries.delete(oldest);
      return entry.addresses;
    },
  };
}
