/** Everything that has a default. Durations are in milliseconds; each member has one variable in `variables.ts`, with its default and the reason for it. */
export interface Settings {
  /** Interface on the cluster side. */
  readonly clusterInterface: string;
  /** Interface on the external side. */
  readonly externalInterface: string;
  readonly logLevel: LogLevel;
  /** Port of /healthz and /readyz; undefined = off. */
  readonly healthPort: number | undefined;
  /** How long open connections may go on after SIGTERM. */
  readonly gracePeriod: number;
  /** Whether `setup` asks the network if somebody else has the source IP. */
  readonly duplicateCheck: 'on' | 'off';
  /** How long `setup` goes on asking after it found somebody, before it fails. */
  readonly duplicateCheckTimeout: number;
  /** Between two announcements of `run`. */
  readonly announceInterval: number;
  /** Between two looks of `run` at addresses, routes and rules. */
  readonly watchInterval: number;
  /** For a TCP connection to a destination to be established. */
  readonly connectTimeout: number;
  /** For one DNS query to be answered. */
  readonly dnsTimeout: number;
  /** A tunnel or a spliced connection without a byte in either direction is closed after this. */
  readonly idleTimeout: number;
  readonly httpProxyPort: number;
  /** Threads of the HTTP proxy; with one there are no others than the program's own. */
  readonly httpWorkers: number;
  /** For a client to send its whole header block. */
  readonly httpHeaderTimeout: number;
  /** An idle client connection between two requests is closed after this. */
  readonly httpKeepAliveTimeout: number;
  /** For a client to stop sending after its last answer. */
  readonly httpLingerTimeout: number;
  /** Bytes of a request head. */
  readonly httpHeaderSize: number;
  /** Fields of a request head. */
  readonly httpHeaderFields: number;
  /** Client connections at once, where the process may have as many descriptors as they need. */
  readonly httpConnections: number;
  /** Tunnels of one client address at once. */
  readonly httpClientTunnels: number;
  /** Requests of one client address, tunnels aside, that are served at once. */
  readonly httpClientRequests: number;
  /** A TLS server name that differs from the CONNECT host: `enforce` closes what the access list does not allow, `report` only logs it, `off` does not look. */
  readonly httpTlsServerName: 'enforce' | 'report' | 'off';
  /** Further dials of one client connection after its first failed. */
  readonly dnsProxyRetries: number;
  /** Between two health checks of an endpoint. */
  readonly dnsProxyCheckInterval: number;
  /** Failed checks in a row that take an endpoint out. */
  readonly dnsProxyCheckFall: number;
  /** Good checks in a row that bring it back. */
  readonly dnsProxyCheckRise: number;
  /** How long the last good answer is used while the name does not resolve. */
  readonly dnsProxyHold: number;
}

/** pino's levels that we use. */
export type LogLevel = 'debug' | 'info' | 'warn' | 'error';
