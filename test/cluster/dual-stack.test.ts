import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { addresses, type Family } from '../../lab/addresses.ts';
import { connectCluster } from '../../lab/cluster/cluster.ts';
import { type Clients, startClients } from './client-pod.ts';
import { servicePorts } from './mode-cases.ts';
import { proveNoEntry } from './no-entry.ts';
import { type Outside, startOutside, visit } from './outside.ts';
import { type Site, type SiteMode, startSite } from './site.ts';

const cluster = await connectCluster();
const families = ['ipv4', 'ipv6'] as const;
const servers: Readonly<Record<Family, string>> = { ipv4: addresses.ipv4.outside.servers[0], ipv6: addresses.ipv6.outside.servers[0] };
const gateways = families.map((family) => addresses[family].lan.gateway).join(',');

/** A router with a source IP of each family. */
interface DualRouter {
  readonly sources: Readonly<Record<Family, string>>;
  readonly destination: string;
  /** Which families a client can dial to reach a server of this one, and with which port and options. */
  readonly ways: (server: Family) => readonly { readonly dialled: Family; readonly port: number; readonly isProxy: boolean }[];
}

const routers: Readonly<Record<SiteMode, DualRouter>> = {
  redirect: {
    sources: { ipv4: '192.168.12.115', ipv6: '2001:db8:12::115' },
    destination: `80 tcp ${servers.ipv4}\n80 tcp ${servers.ipv6}\n`,
    // A packet that is redirected stays in its family.
    ways: (server) => [{ dialled: server, port: 80, isProxy: false }],
  },
  'http-proxy': {
    sources: { ipv4: '192.168.12.116', ipv6: '2001:db8:12::116' },
    destination: `${addresses.ipv4.outside.prefix}\n${addresses.ipv6.outside.prefix}\n`,
    ways: () => families.map((dialled) => ({ dialled, port: 8080, isProxy: true })),
  },
  'dns-proxy': {
    sources: { ipv4: '192.168.12.117', ipv6: '2001:db8:12::117' },
    destination: `80 ${servers.ipv4}\n3306 ${servers.ipv6} 80\n`,
    ways: (server) => families.map((dialled) => ({ dialled, port: server === 'ipv4' ? 80 : 3306, isProxy: false })),
  },
};
const modes = ['redirect', 'http-proxy', 'dns-proxy'] as const;

/** The Service of a router for clients of both families: its overlay leaves that to the cluster's default, which is one. */
const dualService = {
  target: { kind: 'Service' },
  patch: '[{ "op": "add", "path": "/spec/ipFamilyPolicy", "value": "RequireDualStack" }]',
};

suite('routers with a source IP of each family', { timeout: 180_000 }, () => {
  const cleanup = new AsyncDisposableStack();
  const sites = new Map<SiteMode, Site>();
  let outside: Outside;
  let clients: Clients;

  before(async () => {
    outside = cleanup.use(await startOutside(cluster));
    cleanup.defer(async () => void (await Promise.all([...sites.values()].map((site) => site[Symbol.asyncDispose]()))));
    const start = async (mode: SiteMode) => {
      const { sources, destination } = routers[mode];
      const source = `${sources.ipv4}/24,${sources.ipv6}/64`;
      const components = mode === 'redirect' ? ['forwarding'] : [];
      sites.set(
        mode,
        await startSite(cluster, { mode, source, gateway: gateways, destination, components, node: 'node1', patches: [dualService] }),
      );
    };
    const starting = modes.map(start);
    clients = cleanup.use(await startClients(cluster));
    await Promise.all(starting);
  });
  after(() => cleanup.disposeAsync());

  for (const mode of modes) {
    const { sources, ways } = routers[mode];
    for (const family of families) {
      test(`${mode}: clients on both nodes arrive at an ${family} server with the ${family} source IP`, async () => {
        const service = await serviceAddresses(sites.get(mode));
        for (const client of [clients.node1, clients.node2]) {
          for (const { dialled, port, isProxy } of ways(family)) {
            await client.untilAccepted(service[dialled], servicePorts[mode]);
            const through = `http://${urlHost(service[dialled])}:${port}`;
            const server = `http://${urlHost(servers[family])}`;
            const { seen, ...answer } = await visit(client, outside, isProxy ? server : through, isProxy ? ['--proxy', through] : []);
            const arrived = seen.map((event) => [event.source, event.destination]);
            assert.deepEqual(arrived, [[sources[family], servers[family]]], `${client.name} by ${dialled}: ${JSON.stringify(answer)}`);
          }
        }
      });

      test(`${mode}: hosts outside cannot enter by ${family}`, async () => {
        const pod = await sites.get(mode)?.pod();
        const isOfFamily = ({ ip }: { readonly ip: string }) => ip.includes(':') === (family === 'ipv6');
        const podAddress = pod?.status.podIPs?.find(isOfFamily)?.ip ?? '';
        await proveNoEntry(cluster, { source: sources[family], node: 'node1', behind: [podAddress] });
      });
    }
  }
});

async function serviceAddresses(site: Site | undefined): Promise<Readonly<Record<Family, string>>> {
  assert.ok(site);
  const words = ['get', 'service', site.name, '--output=jsonpath={.spec.clusterIPs[0]} {.spec.clusterIPs[1]}'];
  const [ipv4 = '', ipv6 = ''] = (await site.namespace.kubectl(words)).split(' ');
  return { ipv4, ipv6 };
}

function urlHost(address: string): string {
  return address.includes(':') ? `[${address}]` : address;
}
