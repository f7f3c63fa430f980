import { parseIpAddress } from '../net/ip-address.ts';
import { parsePort } from '../net/port.ts';
import { type Prefix, prefixContains } from '../net/prefix.ts';
import type { ParsedWithNotices } from './config-error.ts';
import type { Environment } from './list-source.ts';
import { parsePrefixWords } from './prefix-words.ts';
import type { Cluster, SourceIp } from './router-config.ts';

/**
 * Parses EGRESS_CLUSTER_CIDRS and what Kubernetes gives every pod: resolv.conf(5) and the address of its API. The latter two are not
 * the user's to correct, so what is odd there is a notice.
 * @param readFile throws what fs.readFileSync throws
 * @param sourceIps their LAN is no part of the cluster
 */
export function parseCluster(
  env: Environment,
  readFile: (path: string) => string,
  sourceIps: readonly SourceIp[],
): ParsedWithNotices<Cluster> {
  const { value: cidrs, problems, notices: cidrNotices } = parseCidrs(env.EGRESS_CLUSTER_CIDRS ?? '', sourceIps);
  const notices = [...cidrNotices];
  const nameservers = parseNameservers(readResolvConf(readFile, notices), notices);
  return { value: { nameservers, apiServer: parseApiServer(env, notices), cidrs }, problems, notices };
}

function parseCidrs(text: string, sourceIps: readonly SourceIp[]): ParsedWithNotices<readonly Prefix[]> {
  const outside = sourceIps.flatMap(({ address, gateway }) => [address, gateway]);
  return parsePrefixWords('EGRESS_CLUSTER_CIDRS', text, (prefix) => {
    // It would let everything leave with the pod's address, which is what a router is there to prevent.
    if (prefix.length === 0) return 'is invalid';
    const held = outside.find((one) => prefixContains(prefix, one));
    return held && `holds ${held.text}, which is outside: traffic to that LAN would leave with the pod's address`;
  });
}

function readResolvConf(readFile: (path: string) => string, notices: string[]): string {
  try {
    return readFile('/etc/resolv.conf');
  } catch (error) {
    // Without the file there are none, and that is no oddity (resolv.conf(5)).
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return '';
    notices.push(`no nameservers are known: ${error instanceof Error ? error.message : error}`);
    return '';
  }
}

function parseNameservers(resolvConf: string, notices: string[]): Cluster['nameservers'] {
  const words = [...resolvConf.matchAll(/^[ \t]*nameserver[ \t]+(\S+)/gm)].map(([, word = '']) => word);
  return [...new Set(words)].flatMap((word) => {
    const address = parseIpAddress(word);
    if (address === undefined) notices.push(`nameserver '${word}' of /etc/resolv.conf is ignored: it is no address`);
    return address ?? [];
  });
}

function parseApiServer(env: Environment, notices: string[]): Cluster['apiServer'] {
  const { KUBERNETES_SERVICE_HOST: host = '', KUBERNETES_SERVICE_PORT: portText = '' } = env;
  if (host === '') return undefined;
  const address = parseIpAddress(host);
  const port = parsePort(portText);
  if (address !== undefined && port !== undefined) return { address, port };
  notices.push(`the Kubernetes API at '${host}' port '${portText}' is ignored: it is no address and port`);
  return undefined;
}
