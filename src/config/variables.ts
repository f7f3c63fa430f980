// Longer than other files: the one table of all variables, which docs/configuration.md shows and a test compares.
import type { Settings } from './settings.ts';
import { choice, count, duration, interfaceName, listenPort, optionalPort, type ValueKind } from './value-kind.ts';

/** A variable that the router reads. */
export interface Variable {
  /** The container that needs it: `init` runs `setup`, `main` runs `run`. One that is set where it is not needed does no harm. */
  readonly container: 'init' | 'main' | 'both';
  /** What it says. */
  readonly sets: string;
  readonly accepted: string;
}

/** A variable with a default, which sets one member of Settings. */
export interface SettingVariable<T> extends Variable {
  readonly name: string;
  readonly kind: ValueKind<T>;
  /** As one would write it. */
  readonly default: string;
  /** Why that default. */
  readonly reason: string;
}

/** The variables that have a default, by the member of Settings that each sets. */
export const settingVariables: { readonly [Member in keyof Settings]: SettingVariable<Settings[Member]> } = {
  clusterInterface: setting('EGRESS_CLUSTER_INTERFACE', 'both', interfaceName, 'eth0', {
    sets: 'interface on the cluster side',
    reason: 'every pod network names it so',
  }),
  externalInterface: setting('EGRESS_EXTERNAL_INTERFACE', 'both', interfaceName, 'macvlan0', {
    sets: 'interface on the external side',
    reason: 'the name that OpenShift SDN gave it and that the Multus annotation asks for',
  }),
  logLevel: setting('EGRESS_LOG_LEVEL', 'both', choice('debug', 'info', 'warn', 'error'), 'info', {
    sets: 'least severe lines that are logged',
    reason: 'a line a connection is what an audit needs',
  }),
  healthPort: setting('EGRESS_HEALTH_PORT', 'both', optionalPort, '9090', {
    sets: 'port of `/healthz` and `/readyz`; the init container exempts it from redirection',
    reason: 'unprivileged, and seldom a destination',
  }),
  gracePeriod: setting('EGRESS_GRACE_PERIOD', 'main', duration('0s'), '25s', {
    sets: 'how long open connections may go on after SIGTERM',
    reason: 'ends before the kubelet kills, which is after 30 s',
  }),
  duplicateCheck: setting('EGRESS_DUPLICATE_CHECK', 'init', choice('on', 'off'), 'on', {
    sets: 'whether the network is asked if somebody else has the source IP; `off` for switches that answer for others',
    reason: 'two holders of one address break both',
  }),
  duplicateCheckTimeout: setting('EGRESS_DUPLICATE_CHECK_TIMEOUT', 'init', duration('0s'), '60s', {
    sets: 'how long `setup` waits for another holder to go before it fails',
    reason: 'outlasts the grace period of a router that is being replaced',
  }),
  announceInterval: setting('EGRESS_ANNOUNCE_INTERVAL', 'main', duration('1ms'), '60s', {
    sets: 'time between two announcements of the source IP',
    reason: 'a neighbour that missed one is wrong for a minute at most',
  }),
  watchInterval: setting('EGRESS_WATCH_INTERVAL', 'main', duration('1ms'), '5s', {
    sets: 'time between two looks at addresses, routes and rules, and at the file of users',
    reason: 'drift shows within one period of a readiness probe',
  }),
  connectTimeout: setting('EGRESS_CONNECT_TIMEOUT', 'main', duration('1ms'), '10s', {
    sets: 'time for a TCP connection to a destination to open',
    reason: 'what the DNS proxy had before; covers three SYNs',
  }),
  dnsTimeout: setting('EGRESS_DNS_TIMEOUT', 'main', duration('1ms'), '5s', {
    sets: 'time for one DNS query to be answered',
    reason: 'the default of resolv.conf(5)',
  }),
  idleTimeout: setting('EGRESS_IDLE_TIMEOUT', 'main', duration('1ms'), '1h', {
    sets: 'a tunnel or connection without a byte in either direction is closed after this',
    reason: 'pools of database connections rest for long',
  }),
  httpProxyPort: setting('EGRESS_HTTP_PROXY_PORT', 'main', listenPort, '8080', {
    sets: 'port of the HTTP proxy',
    reason: 'what clients of the original have in `http_proxy`',
  }),
  httpWorkers: setting('EGRESS_HTTP_PROXY_WORKERS', 'main', count(1, 64), '1', {
    sets: 'threads of the HTTP proxy; more than one is of use where the container may use more than one CPU',
    reason: 'one carries thousands of requests a second; each further one takes 13 MB',
  }),
  httpHeaderTimeout: setting('EGRESS_HTTP_PROXY_HEADER_TIMEOUT', 'main', duration('1ms'), '30s', {
    sets: 'time for a client to send its header block',
    reason: 'long for any network, short for one who sends slowly on purpose',
  }),
  httpKeepAliveTimeout: setting('EGRESS_HTTP_PROXY_KEEP_ALIVE_TIMEOUT', 'main', duration('1ms'), '60s', {
    sets: 'an idle client connection between two requests is closed after this',
    reason: 'longer than most clients keep theirs, so that it is the client who closes',
  }),
  httpLingerTimeout: setting('EGRESS_HTTP_PROXY_LINGER_TIMEOUT', 'main', duration('1ms'), '2s', {
    sets: 'time for a client to stop sending after its last answer, before it is cut off',
    reason: 'cut off at once, it may lose the answer; what it sends meanwhile is thrown away',
  }),
  httpHeaderSize: setting('EGRESS_HTTP_PROXY_HEADER_SIZE', 'main', count(1, 1_048_576), '65536', {
    sets: 'bytes of a request head',
    reason: 'what Squid allows; browsers stay below 8 KiB but for cookies',
  }),
  httpHeaderFields: setting('EGRESS_HTTP_PROXY_HEADER_FIELDS', 'main', count(1, 100_000), '2000', {
    sets: 'fields of a request head',
    reason: 'far above what any client sends, and cheap to look through',
  }),
  httpConnections: setting('EGRESS_HTTP_PROXY_CONNECTIONS', 'main', count(1, 1_000_000), '20000', {
    sets: 'client connections at once; fewer where the process may not have the descriptors for them',
    reason: 'about 260 MB when all of them are idle tunnels',
  }),
  httpClientTunnels: setting('EGRESS_HTTP_PROXY_CLIENT_TUNNELS', 'main', count(1, 1_000_000), '10000', {
    sets: 'tunnels (CONNECT, WebSocket) of one client address at once',
    reason: 'half of all connections, so that one client does not shut the others out',
  }),
  httpClientRequests: setting('EGRESS_HTTP_PROXY_CLIENT_REQUESTS', 'main', count(1, 1_000_000), '2000', {
    sets: 'requests of one client address, tunnels aside, that are served at once',
    reason: 'enough for a node full of pods behind one address; a request may hold 256 KiB',
  }),
  httpTlsServerName: setting('EGRESS_HTTP_PROXY_TLS_SERVER_NAME', 'main', choice('enforce', 'report', 'off'), 'enforce', {
    sets: 'a TLS server name that differs from the CONNECT host and is not allowed: close, only log, or do not look',
    reason: 'else the access list is passed by asking for one host and talking to another',
  }),
  dnsProxyRetries: setting('EGRESS_DNS_PROXY_RETRIES', 'main', count(0, 100), '3', {
    sets: 'further dials of a client connection after its first failed',
    reason: 'what the DNS proxy had before',
  }),
  dnsProxyCheckInterval: setting('EGRESS_DNS_PROXY_CHECK_INTERVAL', 'main', duration('1ms'), '2s', {
    sets: 'time between two health checks of an endpoint',
    reason: 'what the DNS proxy had before',
  }),
  dnsProxyCheckFall: setting('EGRESS_DNS_PROXY_CHECK_FALL', 'main', count(1, 100), '3', {
    sets: 'failed checks in a row that take an endpoint out',
    reason: 'what the DNS proxy had before',
  }),
  dnsProxyCheckRise: setting('EGRESS_DNS_PROXY_CHECK_RISE', 'main', count(1, 100), '2', {
    sets: 'good checks in a row that bring it back',
    reason: 'what the DNS proxy had before',
  }),
  dnsProxyHold: setting('EGRESS_DNS_PROXY_HOLD', 'main', duration('0s'), '30s', {
    sets: 'how long the last good answer is used while the name does not resolve',
    reason: 'what the DNS proxy was measured to do before',
  }),
};

/** The variables that have no default, by name. Of a list, `accepted` is the grammar of a line. */
export const plainVariables = {
  EGRESS_SOURCE: {
    container: 'init',
    sets: 'address that traffic leaves from; without a length only the gateway is on-link',
    accepted: 'ADDRESS or ADDRESS/LENGTH: one IPv4, one IPv6, or one of each with a comma between',
  },
  EGRESS_GATEWAY: {
    container: 'init',
    sets: 'next hop, for each family of EGRESS_SOURCE',
    accepted: 'ADDRESS: one for each family of EGRESS_SOURCE, with a comma between; it may be link-local',
  },
  EGRESS_ROUTER_MODE: {
    container: 'init',
    sets: 'mode; unset is legacy, unit-test prints the plan and touches nothing',
    accepted: 'one of init, http-proxy, dns-proxy, legacy, unit-test',
  },
  EGRESS_ROUTER_DEBUG: { container: 'init', sets: 'log level debug', accepted: 'any text' },
  EGRESS_DESTINATION: {
    container: 'both',
    sets: 'redirect mode: which ports go where, a rule a line',
    accepted:
      'PORT tcp|udp|sctp ADDRESS [TARGETPORT], FIRST-LAST tcp|udp|sctp ADDRESS, or last ADDRESS; none that is loopback or multicast',
  },
  EGRESS_DESTINATION_FILE: file('both', 'EGRESS_DESTINATION'),
  EGRESS_HTTP_PROXY_DESTINATION: {
    container: 'main',
    sets: 'HTTP proxy mode: which hosts clients may reach, a rule a line',
    accepted: '[!]PATTERN, where PATTERN is ADDRESS, ADDRESS/LENGTH, HOST, *.DOMAIN, or last *',
  },
  EGRESS_HTTP_PROXY_DESTINATION_FILE: file('main', 'EGRESS_HTTP_PROXY_DESTINATION'),
  EGRESS_HTTP_PROXY_CLIENTS: {
    container: 'main',
    sets: 'clients that may use the HTTP proxy; unset is every client',
    accepted: 'ADDRESS or ADDRESS/LENGTH, with commas or blanks between',
  },
  EGRESS_HTTP_PROXY_USERS_FILE: {
    container: 'main',
    sets: 'users of the HTTP proxy, a user a line; unset is no question for a password',
    accepted: 'path of a file with lines USER:HASH, where HASH is of bcrypt with a cost from 4 to 14, as htpasswd -B writes it',
  },
  EGRESS_HTTP_PROXY_MODE: { container: 'main', sets: 'print the plan and touch nothing', accepted: 'unit-test' },
  EGRESS_DNS_PROXY_DESTINATION: {
    container: 'main',
    sets: 'DNS proxy mode: which port goes to which host, a route a line',
    accepted: 'PORT ADDRESS|HOST [TARGETPORT]',
  },
  EGRESS_DNS_PROXY_DESTINATION_FILE: file('main', 'EGRESS_DNS_PROXY_DESTINATION'),
  EGRESS_DNS_PROXY_MODE: { container: 'main', sets: 'print the plan and touch nothing', accepted: 'unit-test' },
  EGRESS_DNS_PROXY_DEBUG: { container: 'main', sets: 'log level debug', accepted: 'any text' },
  EGRESS_CLUSTER_CIDRS: {
    container: 'both',
    sets: 'destinations that stay on the cluster side',
    accepted: 'ADDRESS or ADDRESS/LENGTH, with commas or blanks between; no LENGTH 0, no range that holds the source IP or its gateway',
  },
} as const satisfies Record<string, Variable>;

function setting<T>(
  name: string,
  container: Variable['container'],
  kind: ValueKind<T>,
  standard: string,
  { sets, reason }: { readonly sets: string; readonly reason: string },
): SettingVariable<T> {
  return { name, container, sets, accepted: kind.accepted, kind, default: standard, reason };
}

function file<const Container extends Variable['container']>(container: Container, list: string) {
  return { container, sets: `the same, instead of ${list}`, accepted: 'path of a file with such lines' } as const;
}
