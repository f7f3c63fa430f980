import { Resolver as Ares } from 'node:dns/promises';
import { type Family, formatUrlHost, type IpAddress, parseIpAddress } from '../net/ip-address.ts';
import { DnsError, type DnsFailure } from './dns-error.ts';

/** What nameservers say about one family of a name: records, or that there are none. */
export interface FamilyAnswer {
  readonly addresses: readonly IpAddress[];
  /** The smallest TTL on the way, CNAMEs included, in seconds as on the wire; 0 without addresses. */
  readonly ttl: number;
  /** Only without addresses: whether the name exists. */
  readonly negative: 'not-found' | 'no-data' | undefined;
}

/** A set of nameservers that are asked in turn, those that failed lately last. */
export interface Channel {
  /**
   * Asks for A or AAAA records. `name` is absolute: search lists and /etc/hosts play no part. CNAMEs are followed by the nameserver.
   * An answer that was truncated is asked for again by TCP.
   * @throws DnsError when no nameserver gave an answer
   */
  ask(name: string, family: Family): Promise<FamilyAnswer>;
  /** Ends what is under way with a DnsError `closed`. */
  close(): void;
}

/**
 * A query that was not answered is sent again after this, to the next nameserver where there is one. HAProxy's `timeout retry`; and
 * what bounds how soon a nameserver that came back is heard.
 */
const resendInterval = 1_000;

/** Opens a channel; sockets exist only while a query is under way. `timeout` is for one answer, in milliseconds. */
export function openChannel(nameservers: readonly IpAddress[], port: number, timeout: number): Channel {
  const ares = new Ares({
    timeout: Math.min(resendInterval, timeout),
    // Without a ceiling c-ares doubles the interval at each round.
    maxTimeout: Math.min(resendInterval, timeout),
    tries: Math.ceil(timeout / resendInterval),
  });
  ares.setServers(nameservers.map((address) => `${formatUrlHost(address)}:${port}`));
  return {
    async ask(name, family) {
      const deadline = Promise.withResolvers<never>();
      // c-ares stretches its intervals by what it measured of a nameserver, so it is no clock to rely on.
      const timer = setTimeout(() => deadline.reject(new DnsError('timeout', `no answer for ${name} within ${timeout} ms`)), timeout);
      try {
        const query = family === 'ipv4' ? ares.resolve4(name, { ttl: true }) : ares.resolve6(name, { ttl: true });
        return toAnswer(await Promise.race([query, deadline.promise]));
      } catch (error) {
        return negativeAnswer(toDnsError(error, name));
      } finally {
        clearTimeout(timer);
      }
    },
    close: () => ares.cancel(),
  };
}

function toAnswer(records: readonly { address: string; ttl: number }[]): FamilyAnswer {
  return {
    addresses: records.flatMap(({ address }) => parseIpAddress(address) ?? []),
    ttl: Math.min(...records.map(({ ttl }) => ttl)),
    negative: undefined,
  };
}

function negativeAnswer(error: DnsError): FamilyAnswer {
  if (error.kind === 'not-found' || error.kind === 'no-data') return { addresses: [], ttl: 0, negative: error.kind };
  throw error;
}

function toDnsError(error: unknown, name: string): DnsError {
  if (error instanceof DnsError) return error;
  const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
  return new DnsError(failureOf(code), `cannot resolve ${name}: ${code}`, { cause: error });
}

/** By the error codes of node:dns. */
function failureOf(code: string): DnsFailure {
  switch (code) {
    case 'ENOTFOUND':
    // A name that DNS cannot carry does not exist in it.
    case 'EBADNAME':
      return 'not-found';
    case 'ENODATA':
      return 'no-data';
    case 'ETIMEOUT':
      return 'timeout';
    case 'ECONNREFUSED':
      return 'unreachable';
    case 'ECANCELLED':
      return 'closed';
    default:
      return 'server-failed';
  }
}
