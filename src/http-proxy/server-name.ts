import { type AccessPolicy, type AllowedAddress, decide } from './decide.ts';
import { type Destination, type Host, parseHost } from './destination.ts';

/** What a server name is judged by. */
export interface ServerNameJudge {
  /** Of the CONNECT request. */
  readonly destination: Destination;
  /** The address that is connected. */
  readonly allowed: AllowedAddress;
  readonly policy: () => AccessPolicy;
}

/** Why the TLS server name of a tunnel is not allowed; undefined = it is, or there is none. */
export function findServerNameFault({ destination, allowed, policy }: ServerNameJudge, serverName: string | undefined): string | undefined {
  if (serverName === undefined) return undefined;
  const host = parseHost(serverName);
  if (host === undefined) return 'the TLS server name is no host name';
  if (sameHost(host, destination.host)) return undefined;
  // An address is no server name (RFC 6066 3): whatever it says, the connection is to the one that was dialled.
  const judged: Host = host.kind === 'address' ? { kind: 'address', address: allowed.address } : host;
  const decision = decide(policy(), { host: judged, port: destination.port }, [allowed.address]);
  return decision.outcome === 'allow' ? undefined : 'the TLS server name is not that of the CONNECT request, and no rule allows it';
}

function sameHost(a: Host, b: Host): boolean {
  if (a.kind === 'name') return b.kind === 'name' && a.name === b.name;
  return b.kind === 'address' && a.address.text === b.address.text;
}
