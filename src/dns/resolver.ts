import { families, type IpAddress } from '../net/ip-address.ts';
import { type Channel, type FamilyAnswer, openChannel } from './channel.ts';
import { DnsError } from './dns-error.ts';

/** The addresses of a name, at least one, each once; IPv4 first. */
export interface Answer {
  readonly addresses: readonly IpAddress[];
  /** How long to go by it, in milliseconds: at least `minTtl`, at most `maxTtl`; `minTtl` where a family failed. */
  readonly ttl: number;
  /** Why a family is missing, of which the nameservers could not tell whether it has addresses. */
  readonly failures: readonly FamilyFailure[];
}

/** A family whose query failed while the other's was answered. */
export interface FamilyFailure {
  readonly family: IpAddress['family'];
  readonly error: DnsError;
}

/** Asks nameservers; keeps nothing of what they said. */
export interface Resolver {
  /**
   * A and AAAA records of an absolute name, both asked at once.
   * @throws DnsError `not-found` or `no-data` only where that is certain of both families
   */
  resolve(name: string): Promise<Answer>;
  /** Look-ups that are under way end with a DnsError `closed`. */
  close(): void;
}

/** Whom to ask. */
export interface ResolverOptions {
  readonly nameservers: readonly IpAddress[];
  /** Of the nameservers; 53 when not given. */
  readonly port?: number;
  /** For one query to be answered, whatever the number of nameservers, in milliseconds. */
  readonly timeout: number;
}

/** A record that says 0 would be asked for at every use; HAProxy asks each second too. */
export const minTtl = 1_000;

/** How long a mistake in a zone can live on after it was corrected; and timers of more than 24 days fire at once. */
export const maxTtl = 3_600_000;

/** Opens a resolver on c-ares, never on getaddrinfo: its thread pool has four threads, which four dead names would block. */
export function createResolver({ nameservers, port = 53, timeout }: ResolverOptions): Resolver {
  const all = openChannel(nameservers, port, timeout);
  const each = nameservers.length < 2 ? [] : nameservers.map((nameserver) => openChannel([nameserver], port, timeout));
  return {
    async resolve(name) {
      if (nameservers.length === 0) throw new DnsError('unreachable', `cannot resolve ${name}: no nameserver is configured`);
      const results = await Promise.all(
        families.map(async (family) => {
          const ask = (channel: Channel) => channel.ask(name, family);
          try {
            return { family, answer: await askAround(ask, all, each) };
          } catch (error) {
            if (error instanceof DnsError) return { family, error };
            throw error;
          }
        }),
      );
      const answers = results.flatMap(({ answer }) => answer ?? []);
      const failures = results.flatMap(({ family, error }) => (error === undefined ? [] : { family, error }));
      return combine(name, answers, failures);
    },
    close() {
      for (const channel of [all, ...each]) channel.close();
    },
  };
}

/** c-ares takes SERVFAIL for an answer and asks nobody else; then all are asked, and the first that knows better is believed. */
async function askAround(ask: (channel: Channel) => Promise<FamilyAnswer>, all: Channel, each: readonly Channel[]): Promise<FamilyAnswer> {
  try {
    return await ask(all);
  } catch (error) {
    if (!(error instanceof DnsError) || error.kind !== 'server-failed' || each.length === 0) throw error;
    return await Promise.any(each.map(ask)).catch(() => {
      throw error;
    });
  }
}

function combine(name: string, answers: readonly FamilyAnswer[], failures: readonly FamilyFailure[]): Answer {
  const addresses = new Map(answers.flatMap((answer) => answer.addresses).map((address) => [address.text, address]));
  if (addresses.size === 0) {
    if (failures[0] !== undefined) throw failures[0].error;
    if (answers.some(({ negative }) => negative === 'no-data')) throw new DnsError('no-data', `${name} has no address`);
    throw new DnsError('not-found', `${name} does not exist`);
  }
  const ttls = answers.filter((answer) => answer.addresses.length > 0).map((answer) => answer.ttl * 1_000);
  const ttl = failures.length > 0 ? minTtl : Math.min(maxTtl, Math.max(minTtl, Math.min(...ttls)));
  return { addresses: [...addresses.values()], ttl, failures };
}
