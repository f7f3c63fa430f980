import { BlockList, isIPv6 } from 'node:net';

/** The access list that the fuzzed proxy has. What it must never reach stands below, told in another way than the router's. */
export const accessList = ['!denied.test', '!*.denied.test', '!203.0.113.128/25', '!2001:db8:bad::/48', '*'];

/** Every name that resolves; all others do not exist. */
export const names: Readonly<Record<string, readonly string[]>> = {
  'open.test': ['198.51.100.1', '2001:db8::1'],
  // Reached by these addresses only, which no rule names: whoever gets there got past the rules for names.
  'denied.test': ['198.18.7.66', '2001:db8:dead::66'],
  'below.denied.test': ['198.18.7.66'],
  'mixed.test': ['203.0.113.200', '127.0.0.1', '198.51.100.2', '::ffff:10.96.0.10'],
  'inside.test': ['10.96.0.10', '169.254.169.254', 'fe80::1'],
};

/** What the proxy is told about its pod. */
export const pod = {
  ownAddresses: ['10.128.0.5', '2001:db8:5::5'],
  nameservers: ['192.0.2.53'],
  apiServer: '192.0.2.44',
  clusterCidrs: ['10.96.0.0/12', 'fd00:96::/112'],
} as const;

const forbidden = new BlockList();
for (const [network, length] of [
  ['0.0.0.0', 32],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['224.0.0.0', 4],
  ['255.255.255.255', 32],
  ['100.100.100.200', 32],
  ['10.96.0.0', 12],
  ['10.128.0.5', 32],
  ['192.0.2.53', 32],
  ['192.0.2.44', 32],
  ['203.0.113.128', 25],
  ['198.18.7.66', 32],
] as const) {
  forbidden.addSubnet(network, length, 'ipv4');
}
for (const [network, length] of [
  ['::', 128],
  ['::1', 128],
  ['fe80::', 10],
  ['ff00::', 8],
  ['fd00:ec2::254', 128],
  ['fd00:96::', 112],
  ['2001:db8:5::5', 128],
  ['2001:db8:bad::', 48],
  ['2001:db8:dead::66', 128],
  ['64:ff9b:1::', 48],
] as const) {
  forbidden.addSubnet(network, length, 'ipv6');
}

/** Whether the list allows nobody to reach this address, whatever it was asked for by. */
export function isForbiddenAddress(address: string): boolean {
  if (!isIPv6(address)) return forbidden.check(address, 'ipv4');
  const embedded = embeddedIpv4(address);
  // BlockList judges an IPv4-mapped address by its IPv4 address.
  return forbidden.check(address, 'ipv6') || (embedded !== undefined && forbidden.check(embedded, 'ipv4'));
}

/** Whether the list allows nobody to ask for this host, as it stands in a Host field or a TLS server name. */
export function isForbiddenName(host: string): boolean {
  const name = host.toLowerCase().replace(/\.$/, '');
  return name === 'denied.test' || name.endsWith('.denied.test');
}

/** Where NAT64 and 6to4 addresses lead. */
function embeddedIpv4(address: string): string | undefined {
  const groups = expand(address);
  if (groups[0] === 0x2002) return dotted(groups[1], groups[2]);
  if (groups[0] === 0x64 && groups[1] === 0xff9b && groups.slice(2, 6).every((group) => group === 0)) return dotted(groups[6], groups[7]);
  return undefined;
}

function expand(address: string): number[] {
  // The URL parser writes an embedded IPv4 address as two groups.
  const text = new URL(`http://[${address}]/`).hostname.slice(1, -1);
  const [left = '', right] = text.split('::');
  const groups = (part: string) => (part === '' ? [] : part.split(':').map((group) => Number.parseInt(group, 16)));
  const head = groups(left);
  const tail = groups(right ?? '');
  return [...head, ...Array(8 - head.length - tail.length).fill(0), ...tail];
}

function dotted(high = 0, low = 0): string {
  return [high >> 8, high & 255, low >> 8, low & 255].join('.');
}
