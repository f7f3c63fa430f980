import { addressScope } from '../net/address-scope.ts';
import { addressBits, type Family, families, fromOctets, type IpAddress, parseIpAddress, sameAddress } from '../net/ip-address.ts';
import { parsePrefixLength, prefixOf } from '../net/prefix.ts';
import type { Parsed, Problem } from './config-error.ts';
import type { Environment } from './list-source.ts';
import { plainProblem } from './plain-problem.ts';
import type { SourceIp } from './router-config.ts';

/** An address of one of the two variables; `prefixLength` is of EGRESS_SOURCE only. */
type Part = Omit<SourceIp, 'gateway'>;

/** Parses EGRESS_SOURCE and EGRESS_GATEWAY. Where they are not required and neither is set, there are no source IPs. */
export function parseSourceIps(env: Environment, required: boolean): Parsed<readonly SourceIp[]> {
  const { EGRESS_SOURCE: sourceText, EGRESS_GATEWAY: gatewayText } = env;
  if (!required && sourceText === undefined && gatewayText === undefined) return { value: [], problems: [] };

  const sources = parsePair(sourceText, parseSource);
  const gateways = parsePair(gatewayText, parseGateway);
  const problems = [
    ...sources.faults.map((fault) => refuse('EGRESS_SOURCE', sourceText, fault)),
    ...gateways.faults.map((fault) => refuse('EGRESS_GATEWAY', gatewayText, fault)),
  ];
  const value: SourceIp[] = [];
  for (const family of families) {
    const source = sources.parts.get(family);
    const gateway = gateways.parts.get(family)?.address;
    if (source !== undefined && gateway !== undefined) {
      const fault = findGatewayFault(source, gateway);
      if (fault === undefined) value.push({ ...source, gateway });
      else problems.push(refuse('EGRESS_GATEWAY', gatewayText, fault));
    } else if (source !== undefined && gateways.faults.length === 0) {
      problems.push(refuse('EGRESS_GATEWAY', gatewayText, `no ${format(family)} address for source IP ${source.address.text}`));
    } else if (gateway !== undefined && sources.faults.length === 0) {
      problems.push(refuse('EGRESS_GATEWAY', gatewayText, `EGRESS_SOURCE has no ${format(family)} address for ${gateway.text}`));
    }
  }
  return { value, problems };
}

/** The parts by family, and what is wrong in words; an empty fault = there is nothing at all. */
function parsePair(text: string | undefined, parse: (part: string) => Part | string) {
  const parts = new Map<Family, Part>();
  const faults: string[] = [];
  const words = (text ?? '').split(',').map((word) => word.trim());
  for (const word of words) {
    const part = word === '' && words.length === 1 ? '' : parse(word);
    if (typeof part === 'string') faults.push(part);
    else if (parts.has(part.family)) faults.push(`more than one ${format(part.family)} address`);
    else parts.set(part.family, part);
  }
  return { parts, faults };
}

function parseSource(text: string): Part | string {
  const [addressText = '', ...lengths] = text.split('/');
  const address = parseIpAddress(addressText);
  if (address === undefined || lengths.length > 1) return `'${text}' is no address`;
  const scope = addressScope(address);
  if (scope !== 'unicast') return `${address.text} is ${scope}`;
  const [lengthText] = lengths;
  if (lengthText === undefined) return { family: address.family, address, prefixLength: undefined };
  const prefixLength = parsePrefixLength(lengthText, address.family);
  // With length 0 every host would be on-link, and the gateway never used.
  if (prefixLength === undefined || prefixLength === 0) return `'${lengthText}' is no length of an ${format(address.family)} prefix`;
  return findPrefixFault(address, address, prefixLength) ?? { family: address.family, address, prefixLength };
}

function parseGateway(text: string): Part | string {
  const address = parseIpAddress(text);
  if (address === undefined) return `'${text}' is no address`;
  const scope = addressScope(address);
  return scope === 'unicast' || scope === 'link-local'
    ? { family: address.family, address, prefixLength: undefined }
    : `${address.text} is ${scope}`;
}

/** A gateway outside the prefix is none: its host route makes it on-link. */
function findGatewayFault(source: Part, gateway: IpAddress): string | undefined {
  if (sameAddress(source.address, gateway)) return `${gateway.text} is the source IP`;
  // The anycast address of an IPv6 subnet is its routers', so it is no bad gateway.
  const checked = gateway.family === 'ipv4' && source.prefixLength !== undefined;
  return checked ? findPrefixFault(gateway, source.address, source.prefixLength) : undefined;
}

/**
 * No host can have the first address of a subnet (IPv6: the subnet-router anycast address, RFC 4291 2.6.1) or, for IPv4, the last one.
 * Point-to-point prefixes have neither (RFC 3021, RFC 6164).
 */
function findPrefixFault(address: IpAddress, member: IpAddress, length: number): string | undefined {
  if (length >= addressBits(address.family) - 1) return undefined;
  const prefix = prefixOf(member, length);
  const where = `address of ${prefix.network.text}/${length}`;
  if (sameAddress(address, prefix.network)) return `${address.text} is the network ${where}`;
  const last = fromOctets(prefix.network.octets.map((octet, index) => octet | (0xff >> Math.min(Math.max(length - index * 8, 0), 8))));
  return address.family === 'ipv4' && sameAddress(address, last) ? `${address.text} is the broadcast ${where}` : undefined;
}

function refuse(variable: 'EGRESS_SOURCE' | 'EGRESS_GATEWAY', value: string | undefined, fault: string): Problem {
  const message = `${variable} unspecified or invalid${fault === '' ? '' : `: ${fault}`}`;
  return plainProblem(variable === 'EGRESS_SOURCE' ? 'SOURCE_INVALID' : 'GATEWAY_INVALID', variable, value, message);
}

function format(family: Family): string {
  return family === 'ipv4' ? 'IPv4' : 'IPv6';
}
