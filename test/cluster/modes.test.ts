import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { addresses } from '../../lab/addresses.ts';
import { clusterAddresses } from '../../lab/cluster/addresses.ts';
import { connectCluster } from '../../lab/cluster/cluster.ts';
import { type ClientPod, type Clients, debugPod, startClients } from './client-pod.ts';
import { startClusterDns } from './cluster-dns.ts';
import { modeCase, outsideNames, servicePorts } from './mode-cases.ts';
import { proveNoEntry } from './no-entry.ts';
import { type Outside, startOutside, visit } from './outside.ts';
import { untilProbed } from './probes.ts';
import { type Site, type SiteMode, startSite } from './site.ts';

const [server] = addresses.ipv4.outside.servers;
const cluster = await connectCluster();

/** One that has started. */
interface Router {
  readonly site: Site;
  /** Of its Service. */
  readonly address: string;
  readonly podAddress: string;
}

const sources: Readonly<Record<SiteMode, string>> = {
  redirect: '192.168.12.100',
  'http-proxy': '192.168.12.101',
  'dns-proxy': '192.168.12.102',
};
const modes = ['redirect', 'http-proxy', 'dns-proxy'] as const;
// Of clients that each mode's router must not let outsiders reach. One host tries it for all modes at once, so no client is tried twice.
const behind: Readonly<Record<SiteMode, readonly ('node1' | 'node2')[]>> = {
  redirect: ['node1'],
  'http-proxy': ['node2'],
  'dns-proxy': [],
};
/** Of a second router in redirect mode. */
const otherSource = '192.168.12.103';

suite('routers from the manifests of deploy/, all on one node', { timeout: 180_000 }, () => {
  const cleanup = new AsyncDisposableStack();
  const routers = new Map<string, Router>();
  let outside: Outside;
  let clients: Clients;

  before(async () => {
    outside = cleanup.use(await startOutside(cluster));
    cleanup.use(await startClusterDns(cluster, outsideNames));
    cleanup.defer(async () => void (await Promise.all([...routers.values()].map(({ site }) => site[Symbol.asyncDispose]()))));
    const startingClients = startClients(cluster);
    const start = async (mode: SiteMode, source: string) => {
      const site = await startSite(cluster, { mode, source: `${source}/24`, node: 'node1' });
      const { status } = await site.pod();
      const address = await site.serviceAddress();
      routers.set(source, { site, address, podAddress: status.podIP ?? '' });
      const { node1, node2 } = await startingClients;
      await Promise.all([node1, node2].map((client) => client.untilAccepted(address, servicePorts[mode])));
    };
    const starting = [...modes.map((mode) => start(mode, sources[mode])), start('redirect', otherSource)];
    clients = cleanup.use(await startingClients);
    await Promise.all(starting);
  });
  after(() => cleanup.disposeAsync());

  function routerWith(source: string): Router {
    const router = routers.get(source);
    assert.ok(router, `${source} has not started`);
    return router;
  }

  /** The sources with which a request arrived outside. */
  async function sourcesOf(client: ClientPod, base: string, options?: readonly string[]): Promise<string[]> {
    return (await visit(client, outside, base, options)).seen.map(({ source }) => source);
  }

  test('without a router: what a client sends arrives with the address of its node', async () => {
    for (const [index, client] of [clients.node1, clients.node2].entries())
      assert.deepEqual(await sourcesOf(client, `http://${server}`), [cluster.nodes[index]?.lanAddress]);
  });

  suite('each mode', { concurrency: true }, () => {
    for (const mode of modes) {
      suite(mode, { concurrency: 1 }, () => {
        const source = sources[mode];

        test(`${mode}: clients on its node and on the other one arrive through the Service, with the source IP`, async () => {
          const { address, podAddress } = routerWith(source);
          for (const client of [clients.node1, clients.node2]) {
            for (const { base, options, ...destination } of modeCase(mode, address, podAddress).listed) {
              const { seen, ...answer } = await visit(client, outside, base, options);
              const arrived = seen.map((event) => ({ source: event.source, server: event.destination, port: event.port }));
              assert.deepEqual(arrived, [{ source, ...destination }], `${client.name} ${base}: ${JSON.stringify(answer)}`);
            }
          }
        });

        test(`${mode}: a destination that is not listed is refused, and nothing arrives`, async () => {
          const { address, podAddress } = routerWith(source);
          for (const client of [clients.node1, clients.node2]) {
            for (const { base, options, ...expected } of modeCase(mode, address, podAddress).unlisted) {
              const { code, status, seen } = await visit(client, outside, base, options);
              assert.deepEqual({ code, status, seen }, { ...expected, seen: [] }, `${client.name} ${base}`);
            }
          }
        });

        test(`${mode}: hosts on the LAN and beyond cannot enter, neither the router nor what is behind it`, async () => {
          const { podAddress } = routerWith(source);
          await proveNoEntry(cluster, {
            source,
            node: 'node1',
            behind: [podAddress, ...behind[mode].map((node) => clients[node].address)],
          });
        });

        test(`${mode}: the kubelet's probes are answered, and its container is the first one`, async () => {
          const { site } = routerWith(source);
          await untilProbed(cluster, 'node1', await site.pod());
          const { status } = await site.pod();
          const restarts = status.containerStatuses?.map(({ restartCount }) => restartCount);
          assert.deepEqual(restarts, [0]);
        });

        test(`${mode}: kubectl logs and exec work`, async () => {
          const { site } = routerWith(source);
          const { namespace, name } = site;
          const main = mode === 'redirect' ? 'router' : 'proxy';
          const logs = (container: string) => namespace.kubectl(['logs', `deployment/${name}`, '--container', container]);
          assert.match(await logs('setup'), new RegExp(`"addresses":\\["${source}"\\].*"the source IP is ours"`));
          assert.match(await logs(main), /"msg":"ready"/);
          const words = ['exec', `deployment/${name}`, '--container', main, '--', 'ip', '-brief', 'address', 'show', 'macvlan0'];
          assert.match(await namespace.kubectl(words), new RegExp(` ${source}/32 `));
        });

        test(`${mode}: in its pod a service account reaches the API, and what else is opened leaves with the source IP`, async () => {
          const { site } = routerWith(source);
          const shell = await debugPod(site.namespace, await site.pod());
          assert.equal(await whoAmI(shell), `system:serviceaccount:${site.namespace.name}:egress-router`);
          assert.deepEqual(await sourcesOf(shell, `http://${server}`), [source]);
        });

        test(`${mode}: kubectl expose of the Deployment makes a Service that leads to it`, async () => {
          const { site, podAddress } = routerWith(source);
          const { namespace, name } = site;
          await namespace.kubectl(['expose', `deployment/${name}`, '--name=exposed']);
          const address = await namespace.kubectl(['get', 'service', 'exposed', '--output=jsonpath={.spec.clusterIP}']);
          await clients.node2.untilAccepted(address, servicePorts[mode]);
          for (const { base, options } of modeCase(mode, address, podAddress).listed)
            assert.deepEqual(await sourcesOf(clients.node2, base, options), [source], base);
        });
      });
    }
  });

  test('three routers, one a mode: a client uses all of them at once, and each gives it its own source IP', async () => {
    for (const client of [clients.node1, clients.node2]) {
      const visits = modes.map(async (mode) => {
        const { address, podAddress } = routerWith(sources[mode]);
        const [ask] = modeCase(mode, address, podAddress).listed;
        return sourcesOf(client, ask?.base ?? '', ask?.options);
      });
      assert.deepEqual(
        await Promise.all(visits),
        modes.map((mode) => [sources[mode]]),
      );
    }
  });

  test('two routers of one mode on one node: each client arrives with the address of the router that it dialled', async () => {
    const used = [sources.redirect, otherSource];
    const addressesOfRouters = used.map((source) => routerWith(source).address);
    for (const client of [clients.node1, clients.node2]) {
      const visits = await Promise.all(addressesOfRouters.map((address) => sourcesOf(client, `http://${address}`)));
      assert.deepEqual(
        visits,
        used.map((source) => [source]),
      );
    }
  });
});

/** Who the API takes a process of the pod for, that has a token of the router's service account. */
async function whoAmI(shell: ClientPod): Promise<string> {
  const token = (await shell.namespace.kubectl(['create', 'token', 'egress-router'])).trim();
  const review = JSON.stringify({ apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' });
  const url = `https://${clusterAddresses.ipv4.apiService}/apis/authentication.k8s.io/v1/selfsubjectreviews`;
  const head = ['--header', 'content-type: application/json', '--header', `authorization: Bearer ${token}`];
  const answer = await shell.output('curl', ['--silent', '--insecure', '--max-time', '10', ...head, '--data', review, url]);
  return JSON.parse(answer).status.userInfo.username;
}
