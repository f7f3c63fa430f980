import { addresses, type Family } from '../../lab/addresses.ts';
import type { Lab } from '../../lab/lab.ts';
import type { DnsRecord } from '../../lab/nameserver.ts';
import type { HostName } from '../../lab/plan.ts';
import type { Mode } from '../../src/config/router-config.ts';
import { webPort } from './router-pod.ts';

/** A request of a client to the server outside, through the router. */
export interface WebRequest {
  readonly from: HostName;
  /** The router as the client dials it: the pod's address, or its Service's. */
  readonly router: string;
  /** Of the server. */
  readonly family: Family;
  /** Whether a proxy is asked for a tunnel; without meaning in the other modes. */
  readonly tunnel: boolean;
}

/** Every way to the server that the lab has: from the same subnet, from another one and from the node, to the pod and to its Service. */
export function allRequests({ settings: { families } }: Lab, mode: Mode): WebRequest[] {
  const isProxy = mode === 'http-proxy';
  return families.flatMap((family) =>
    // A packet that is redirected stays in its family; a proxy's client may come by the other one.
    (mode === 'redirect' ? [family] : families).flatMap((clientFamily) =>
      [addresses[clientFamily].subnet.router, addresses[clientFamily].service.router].flatMap((router) =>
        (['client', 'otherClient', 'node'] as const).flatMap((from) =>
          (isProxy ? [false, true] : [false]).map((tunnel) => ({ from, router, family, tunnel })),
        ),
      ),
    ),
  );
}

/** The name of the server outside that has an address of this family only. */
export function serverName(family: Family): string {
  return `${family}.example.test`;
}

/** Records of the names of the server outside. */
export const serverRecords: readonly DnsRecord[] = [
  { name: serverName('ipv4'), type: 'A', data: addresses.ipv4.outside.servers[0] },
  { name: serverName('ipv6'), type: 'AAAA', data: addresses.ipv6.outside.servers[0] },
];

/** The proxies' lists, with the server by its names. */
export function listsByName({ settings: { families } }: Lab, mode: Mode): Record<string, string> {
  switch (mode) {
    case 'redirect':
      return {};
    case 'http-proxy':
      return {
        EGRESS_HTTP_PROXY_DESTINATION: ['*.example.test', ...families.map((family) => addresses[family].outside.prefix)].join('\n'),
      };
    case 'dns-proxy':
      return { EGRESS_DNS_PROXY_DESTINATION: families.map((family) => `${webPort(mode, family)} ${serverName(family)} 80`).join('\n') };
  }
}

/** The words of curl for a request of `path`. */
export function curlWords(mode: Mode, { router, family, tunnel }: WebRequest, path: string): string[] {
  const port = webPort(mode, family);
  const through = `http://${urlHost(router)}:${port}`;
  const options = ['--silent', '--show-error', '--fail', '--globoff', '--max-time', '20'];
  if (mode !== 'http-proxy') return [...options, `${through}${path}`];
  // A name where the proxy sees one, an address where it sees only a tunnel.
  const server = tunnel ? urlHost(addresses[family].outside.servers[0]) : serverName(family);
  return [...options, ...(tunnel ? ['--proxytunnel'] : []), '--proxy', through, `http://${server}${path}`];
}

/** One line about a request, to be found in a failure. */
export function formatRequest({ from, router, family, tunnel }: WebRequest): string {
  return `${from} -> ${router} -> ${family} server${tunnel ? ' by a tunnel' : ''}`;
}

/** Makes the router's Service lead to the router pod, on the ports of the mode. */
export async function addRouterService(lab: Lab, mode: Mode): Promise<void> {
  await lab.addServices(
    ...lab.settings.families.flatMap((clientFamily) => {
      const { service, subnet } = addresses[clientFamily];
      const ports = new Set((mode === 'redirect' ? [clientFamily] : lab.settings.families).map((family) => webPort(mode, family)));
      return [...ports].map((port) => ({
        protocol: 'tcp' as const,
        address: service.router,
        port,
        target: { address: subnet.router, port },
      }));
    }),
  );
}

function urlHost(address: string): string {
  return address.includes(':') ? `[${address}]` : address;
}
