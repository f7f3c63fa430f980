import type { Family, IpAddress } from '../net/ip-address.ts';
import type { Prefix } from '../net/prefix.ts';
import type { ListSource } from './list-source.ts';
import type { Settings } from './settings.ts';

/** What this process is there for: `setup` claims the source IP and exits, `run` carries the mode, `legacy` does both in one container. */
export type Role = 'setup' | 'run' | 'legacy';

/** How traffic is carried to its destination. */
export type Mode = 'redirect' | 'http-proxy' | 'dns-proxy';

/** A transport that redirect rules can name. */
export type Protocol = 'tcp' | 'udp' | 'sctp';

/** All protocols, in the order in which plans list them. */
export const protocols: readonly Protocol[] = ['tcp', 'udp', 'sctp'];

/** Everything that the environment and the files it names say, checked and typed. One value is shared by every part. */
export interface RouterConfig {
  readonly role: Role;
  /** Print the plan and touch nothing (`unit-test` in the original's words). */
  readonly printOnly: boolean;
  /** At most one a family. Empty where only `run` happens: the init container of an existing manifest holds the variables. */
  readonly sourceIps: readonly SourceIp[];
  readonly carry: RedirectList | AccessList | DnsRouteList;
  readonly clients: HttpClients;
  readonly cluster: Cluster;
  readonly settings: Settings;
  /** Sentences for the log about what was decided on the user's behalf, such as health being off. */
  readonly notices: readonly string[];
}

/** The address that traffic leaves from, and its next hop. */
export interface SourceIp {
  readonly family: Family;
  readonly address: IpAddress;
  /** Bits of the on-link prefix; undefined = only the gateway is on-link. */
  readonly prefixLength: number | undefined;
  /** May be link-local for IPv6. */
  readonly gateway: IpAddress;
}

/** Where a value came from: a list variable (or its `_FILE` twin) and the line, counted from 1. `text` is the line, trimmed. */
export interface ListLine {
  readonly variable: string;
  readonly line: number;
  readonly text: string;
}

/** Redirect mode: which ports go where. Without rules and fallbacks, `run` only watches. */
export interface RedirectList {
  readonly mode: 'redirect';
  /** Whether EGRESS_DESTINATION or its twin was given: an absent list is not an empty one, for `run` must not delete what `setup` made. */
  readonly given: boolean;
  readonly rules: readonly RedirectRule[];
  /** At most one a family: takes every tcp, udp and sctp port that no rule takes. */
  readonly fallbacks: readonly Fallback[];
}

/** Packets to `ports` of the router go to `destination`. */
export interface RedirectRule extends ListLine {
  readonly protocol: Protocol;
  readonly ports: PortRange;
  readonly destination: IpAddress;
  /** undefined = the port is kept; always undefined for a range of several ports. */
  readonly targetPort: number | undefined;
}

/** Every other port goes to `destination`, ports kept. */
export interface Fallback extends ListLine {
  readonly destination: IpAddress;
}

/** Ports `first` to `last`, both included; one port has both equal. */
export interface PortRange {
  readonly first: number;
  readonly last: number;
}

/** HTTP proxy mode: first match wins, no match denies. */
export interface AccessList {
  readonly mode: 'http-proxy';
  readonly rules: readonly AccessRule[];
}

/** One line of the access list. */
export interface AccessRule extends ListLine {
  readonly action: 'allow' | 'deny';
  readonly pattern: AccessPattern;
}

/**
 * What a rule matches. `host` = that name only; `domain` = the name and all below it; names are A-labels in lower case without a trailing dot.
 * A single address is a `prefix` of full length.
 */
export type AccessPattern =
  | { readonly kind: 'any' }
  | { readonly kind: 'prefix'; readonly prefix: Prefix }
  | { readonly kind: 'host'; readonly name: string }
  | { readonly kind: 'domain'; readonly name: string };

/** Who may use the HTTP proxy. */
export interface HttpClients {
  /** EGRESS_HTTP_PROXY_CLIENTS; undefined = clients of every address. */
  readonly prefixes: readonly Prefix[] | undefined;
  /** EGRESS_HTTP_PROXY_USERS_FILE; undefined = nobody is asked for a password. */
  readonly users: UserFile | undefined;
}

/** A file of users as it was at start. */
export interface UserFile {
  readonly path: string;
  readonly source: ListSource;
  readonly users: readonly User[];
}

/** One line of the file. */
export interface User {
  readonly name: string;
  /** Of bcrypt, as in `$2y$10$...`. */
  readonly passwordHash: string;
  readonly line: number;
}

/** DNS proxy mode: a TCP listener for each route. */
export interface DnsRouteList {
  readonly mode: 'dns-proxy';
  readonly routes: readonly DnsRoute[];
}

/** One line: what comes in on `port` goes to `targetPort` of the backend. */
export interface DnsRoute extends ListLine {
  readonly port: number;
  readonly backend: DnsBackend;
  readonly targetPort: number;
}

/** An address, or a name (A-labels, lower case, no trailing dot) whose addresses are the endpoints. */
export type DnsBackend = { readonly kind: 'address'; readonly address: IpAddress } | { readonly kind: 'name'; readonly name: string };

/** What stays on the cluster side. */
export interface Cluster {
  /** From resolv.conf. */
  readonly nameservers: readonly IpAddress[];
  /** From KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT; undefined outside a cluster. */
  readonly apiServer: { readonly address: IpAddress; readonly port: number } | undefined;
  /** EGRESS_CLUSTER_CIDRS. */
  readonly cidrs: readonly Prefix[];
}
