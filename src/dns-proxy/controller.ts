import { DnsError } from '../dns/dns-error.ts';
import { minTtl, type Resolver } from '../dns/resolver.ts';
import { type Family, families, type IpAddress } from '../net/ip-address.ts';

/** Keeps the addresses of one name current. */
export interface Controller {
  /** Settles once the first look-up has ended, well or not. */
  readonly asked: Promise<void>;
  /** Ends look-ups and callbacks. */
  close(): void;
}

/** What a controller needs. */
export interface ControllerOptions {
  readonly resolver: Pick<Resolver, 'resolve'>;
  /** How long the last good answer is used while the name does not resolve, in milliseconds. */
  readonly hold: number;
  /** Told of the addresses after each good answer, and when a held answer ends. */
  readonly onAddresses: (addresses: readonly IpAddress[], cause: string) => void;
  /** Told when look-ups begin to fail, when they fail otherwise, and (undefined) when they are good again. */
  readonly onFailure: (failure: string | undefined) => void;
}

/** The last good answer for a family. */
interface Held {
  readonly addresses: readonly IpAddress[];
  /** When it will have been without a good answer for the whole hold. */
  readonly until: number;
  /** Runs from the first failure on. */
  end: NodeJS.Timeout | undefined;
}

/**
 * Asks for a name when its TTL ends, and each second while it does not resolve. Each family is held on its own: where only AAAA fails,
 * the IPv4 addresses follow their answer and the IPv6 ones wait. An answer is good to the last second of its TTL, and `hold` counts from there.
 */
export function startController(name: string, { resolver, hold, onAddresses, onFailure }: ControllerOptions): Controller {
  const held = new Map<Family, Held>();
  let failure: string | undefined;
  let timer: NodeJS.Timeout | undefined;
  let closed = false;

  const publish = (cause: string) =>
    onAddresses(
      families.flatMap((family) => held.get(family)?.addresses ?? []),
      cause,
    );
  const keep = (family: Family, addresses: readonly IpAddress[], until: number) => {
    clearTimeout(held.get(family)?.end);
    held.set(family, { addresses, until, end: undefined });
  };
  const fail = (family: Family) => {
    const last = held.get(family);
    if (last === undefined) return;
    last.end ??= setTimeout(expire, Math.max(0, last.until - performance.now()), last.until);
  };
  /** Families of one answer end together, whichever of their timers is first. */
  const expire = (now: number) => {
    for (const [family, { until, end }] of held) {
      if (end === undefined || until > now) continue;
      clearTimeout(end);
      held.delete(family);
    }
    publish(`no good answer for ${hold} ms: ${failure}`);
  };
  const report = (next: string | undefined) => {
    if (next === failure) return;
    failure = next;
    onFailure(failure);
  };
  /** Returns how long to wait until the next look-up. */
  const look = async (): Promise<number> => {
    const started = performance.now();
    try {
      const { addresses, ttl, failures } = await resolver.resolve(name);
      if (closed) return 0;
      report(failures[0]?.error.kind);
      const until = performance.now() + ttl - minTtl + hold;
      for (const family of families) {
        if (failures.some((failed) => failed.family === family)) fail(family);
        else keep(family, ofFamily(addresses, family), until);
      }
      publish('answer');
      return ttl;
    } catch (error) {
      if (closed) return 0;
      report(error instanceof DnsError ? error.kind : String(error));
      for (const family of families) fail(family);
      return Math.max(0, started + minTtl - performance.now());
    }
  };
  const turn = async () => {
    const wait = await look();
    if (!closed) timer = setTimeout(turn, wait);
  };
  return {
    asked: turn(),
    close() {
      closed = true;
      clearTimeout(timer);
      for (const { end } of held.values()) clearTimeout(end);
    },
  };
}

function ofFamily(addresses: readonly IpAddress[], family: Family): readonly IpAddress[] {
  return addresses.filter((address) => address.family === family);
}
