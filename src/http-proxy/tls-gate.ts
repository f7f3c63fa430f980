import type { Gate, GateVerdict } from '../net/splice.ts';
import { parseClientHello } from './client-hello.ts';
import { type AccessPolicy, type AllowedAddress, decide } from './decide.ts';
import { type Destination, type Host, parseHost } from './destination.ts';

/** The TLS server name of a tunnel, and what was found about it. */
export interface ServerNameFinding {
  readonly serverName: string | undefined;
  /** An encrypted ClientHello came along: what is judged is its outer name. */
  readonly encrypted: boolean;
  /** Why the access list does not allow it; undefined = it does. */
  readonly fault: string | undefined;
}

/** What a gate is for. */
export interface TlsGateOptions {
  readonly destination: Destination;
  readonly allowed: AllowedAddress;
  readonly policy: () => AccessPolicy;
  /** `enforce` closes a tunnel whose server name is not allowed; `report` lets it pass. */
  readonly mode: 'enforce' | 'report';
  /** For the rest of a ClientHello to arrive, in milliseconds. */
  readonly holdTimeout: number;
  /** Told once, when there is a ClientHello. */
  readonly onFinding: (finding: ServerNameFinding) => void;
}

/** A fatal alert, access_denied (RFC 8446 6.2), in a record of its own: TLS clients then say what happened instead of "connection closed". */
const accessDenied = Buffer.from([21, 3, 3, 0, 2, 2, 49]);

/**
 * Judges the server name of a tunnel's ClientHello like a host of its own, with the address that is already connected. Other protocols
 * and clients that send no name pass; a ClientHello that is begun and not finished, or malformed, does not.
 */
export function createTlsGate(options: TlsGateOptions): Gate {
  return {
    holdTimeout: options.holdTimeout,
    judge(bytes, final): GateVerdict {
      const hello = parseClientHello(bytes);
      if (hello.kind === 'none') return 'pass';
      if (hello.kind === 'incomplete' && !final) return 'hold';
      const finding: ServerNameFinding =
        hello.kind === 'hello'
          ? { serverName: hello.serverName, encrypted: hello.encrypted, fault: findServerNameFault(options, hello.serverName) }
          : { serverName: undefined, encrypted: false, fault: `the ClientHello is ${hello.kind}` };
      options.onFinding(finding);
      return finding.fault === undefined || options.mode === 'report' ? 'pass' : { close: accessDenied };
    },
  };
}

function findServerNameFault({ destination, allowed, policy }: TlsGateOptions, serverName: string | undefined): string | undefined {
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
