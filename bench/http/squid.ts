/** Where Squid listens, and the list. */
export interface SquidOptions {
  readonly port: number;
  readonly rules: readonly string[];
}

/**
 * Squid's configuration as OKD's egress-http-proxy.sh writes it: one acl and one http_access for each line of the list. Besides,
 * no file for its process id, so that it disturbs no other. Squid wants to become another user, so it needs the real root.
 */
export function formatSquidConfiguration({ port, rules }: SquidOptions): string {
  return `${[
    `http_port ${port}`,
    'cache deny all',
    'access_log none all',
    'debug_options ALL,0',
    'shutdown_lifetime 0',
    ...rules.flatMap(formatRule),
    ...(rules.at(-1) === '*' ? [] : ['http_access deny all']),
    'pid_filename none',
  ].join('\n')}\n`;
}

function formatRule(rule: string, index: number): string[] {
  if (rule === '*') return ['http_access allow all'];
  const action = rule.startsWith('!') ? 'deny' : 'allow';
  const pattern = rule.replace(/^!/, '');
  const isAddress = /^[\d.]+(\/\d+)?$/.test(pattern) || pattern.includes(':');
  const acl = isAddress ? `dst ${pattern}` : `dstdomain ${pattern.replace(/^\*/, '')}`;
  return [`acl dest${index + 1} ${acl}`, `http_access ${action} dest${index + 1}`];
}
