import { addressScope } from '../net/address-scope.ts';
import { parseHostName } from '../net/host-name.ts';
import { type Family, parseIpAddress } from '../net/ip-address.ts';
import type { Parsed } from './config-error.ts';
import { ListProblems } from './list-problems.ts';
import { type Line, type ListSource, splitLines } from './list-source.ts';
import { PortClaims } from './port-claims.ts';
import type { DnsBackend, DnsRoute, DnsRouteList } from './router-config.ts';
import { plainVariables } from './variables.ts';

/**
 * Parses the list of DNS proxy mode: a route a line. The listener of a route takes its port in both families.
 * @param sourceFamilies families that have a source IP; none = not known here, and no line is refused for its family
 */
export function parseDnsRouteList(source: ListSource, sourceFamilies: readonly Family[]): Parsed<DnsRouteList> {
  const { accepted } = plainVariables.EGRESS_DNS_PROXY_DESTINATION;
  const problems = new ListProblems(source, accepted, (text) => `Bad destination '${text}'`);
  const lines = splitLines(source.text);
  if (lines.length === 0) problems.addMissing('Must specify EGRESS_DNS_PROXY_DESTINATION');

  const routes: DnsRoute[] = [];
  const claims = new PortClaims();
  for (const line of lines) {
    const route = parseRoute(line, problems);
    if (route === undefined) {
      problems.addInvalid(line);
      continue;
    }
    const { backend, port, targetPort } = route;
    if (backend.kind === 'address') problems.checkFamily(line, backend.address.family, sourceFamilies);
    if (port === undefined || targetPort === undefined) continue;
    const holder = claims.claim('tcp', { first: port, last: port }, line.line);
    if (holder !== undefined) {
      const message = `Proxy port ${port} already used, must be unique for each destination`;
      problems.add(line, 'PORT_DUPLICATE', message, `a port that no other line takes; line ${holder} takes it`);
    }
    routes.push({ variable: source.variable, line: line.line, text: line.text, backend, port, targetPort });
  }
  return { value: { mode: 'dns-proxy', routes }, problems: problems.found };
}

/** undefined = not of the grammar. Ports that are out of range are reported here, and are undefined. */
function parseRoute(line: Line, problems: ListProblems) {
  const [portWord, backendWord = '', targetWord = portWord, ...rest] = line.words;
  const backend = parseBackend(backendWord);
  if (!/^\d+$/.test(portWord) || backend === undefined || !/^\d+$/.test(targetWord) || rest.length > 0) return undefined;
  const port = problems.parsePort(line, portWord);
  const targetPort = line.words.length < 3 ? port : problems.parsePort(line, targetWord);
  return { backend, port, targetPort };
}

/** A loopback address is accepted: a route to another container of the pod. */
function parseBackend(text: string): DnsBackend | undefined {
  const address = parseIpAddress(text);
  if (address !== undefined) {
    return ['unspecified', 'multicast', 'broadcast', 'mapped'].includes(addressScope(address)) ? undefined : { kind: 'address', address };
  }
  const name = parseHostName(text);
  return name === undefined ? undefined : { kind: 'name', name };
}
