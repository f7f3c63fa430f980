import { LRUCache } from 'lru-cache';
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
  const entries = new LRUCache<string, { addresses: Promise<readonly IpAddress[]>; expires: number }>({ max: maxNames });
  const look = (name: string) => {
    const entry = {
      expires: Number.POSITIVE_INFINITY,
      addresses: resolver.resolve(name).then(
        ({ addresses, ttl }) => {
          entry.expires = clock() + ttl;
          return addresses;
        },
        (error) => {
          if (entries.peek(name) === entry) entries.delete(name);
          throw error;
        },
      ),
    };
    entries.set(name, entry);
    return entry;
  };
  return {
    resolve(name) {
      const known = entries.get(name);
      return (known !== undefined && known.expires > clock() ? known : look(name)).addresses;
    },
  };
}
