import { addresses, type Family } from './addresses.ts';

/** A Service: what the nodes translate, without masquerading. */
export interface Service {
  readonly protocol: 'tcp' | 'udp' | 'sctp';
  readonly address: string;
  readonly port: number;
  /** The pod and port behind it. */
  readonly target: { readonly address: string; readonly port: number };
}

/**
 * A node's nft ruleset: Services like kube-proxy's, for pods and the node alike, and masquerading of what pods send out of the cluster by `uplink`;
 * undefined = the node has no uplink.
 */
export function nodeRuleset(uplink: string | undefined, services: readonly Service[]): string {
  return (['ipv4', 'ipv6'] as const).map((family) => familyTable(family, uplink, services)).join('\n');
}

/** The lines that add Services to running nodes. */
export function serviceElements(services: readonly Service[]): string {
  return services.map((service) => `add element ${tableOf(service)} services { ${element(service)} }\n`).join('');
}

function familyTable(family: Family, uplink: string | undefined, services: readonly Service[]): string {
  const [nft, type, ip] = family === 'ipv4' ? ['ip', 'ipv4_addr', 'ip'] : ['ip6', 'ipv6_addr', 'ip6'];
  const { pods } = addresses[family].cluster;
  const own = services.filter(({ address }) => address.includes(':') === (family === 'ipv6'));
  const elements = own.length === 0 ? '' : `elements = { ${own.map(element).join(', ')} }`;
  const translate = `dnat ${ip} to ${ip} daddr . meta l4proto . th dport map @services`;
  return `
table ${nft} node {
  map services {
    type ${type} . inet_proto . inet_service : ${type} . inet_service
    ${elements}
  }
  chain prerouting {
    type nat hook prerouting priority dstnat
    ${translate}
  }
  chain output {
    type nat hook output priority -100
    ${translate}
  }
  chain postrouting {
    type nat hook postrouting priority srcnat
    ${uplink === undefined ? '' : `oifname ${uplink} ${ip} saddr ${pods} masquerade`}
  }
}`;
}

function element({ address, protocol, port, target }: Service): string {
  return `${address} . ${protocol} . ${port} : ${target.address} . ${target.port}`;
}

function tableOf({ address }: Service): string {
  return address.includes(':') ? 'ip6 node' : 'ip node';
}
