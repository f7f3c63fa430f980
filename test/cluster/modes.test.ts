import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { addresses } from '../../lab/addresses.ts';
import { connectCluster } from '../../lab/cluster/cluster.ts';
import { type ClientPod, type Clients, debugPod, startClients } from './client-pod.ts';
import { startClusterDns } from './cluster-dns.ts';
import { proveNoEntry } from './no-entry.ts';
import { type Outside, startOutside, visit } from './outside.ts';
import { untilProbed } from './probes.ts';
import { type Site, type SiteMode, siteNames, startSite } from './site.ts';

/** A mode as its manifests document it. Paths of requests come from `visit`; `router` is the Service's address. */
interface ModeCase {
  readonly source: string;
  /** What a client sends: the base of the URL, options of curl, and the server that it leads to. */
  readonly listed: readonly (readonly [base: string, options: readonly string[], server: string, port: number])[];
  /** What nobody listed: base, options, and what curl then ends with. */
  readonly unlisted: readonly (readonly [base: string, options: readonly string[], code: number, status: number])[];
}

const [server, otherServer] = addresses.ipv4.outside.servers;

const cases: Readonly<Record<SiteMode, (router: string, pod: string) => ModeCase>> = {
  redirect: (router, pod) => ({
    source: '192.168.12.100',
    listed: [
      [`http://${router}`, [], server, 80],
      [`http://${router}:8080`, [], otherServer, 80],
      [`https://${router}:8443`, ['--insecure'], otherServer, 443],
    ],
    unlisted: [
      [`http://${pod}:81`, [], 7, 0],
      [`http://${pod}:3306`, [], 7, 0],
    ],
  }),
  'http-proxy': (router) => {
    const proxy = ['--proxy', `http://${router}:8080`];
    return {
      source: '192.168.12.101',
      listed: [
        [`http://${otherServer}`, proxy, otherServer, 80],
        ['http://www.example.com', proxy, server, 80],
        ['https://www.example.com', [...proxy, '--insecure'], server, 443],
        ['http://www.example.com', [...proxy, '--proxytunnel'], server, 80],
      ],
      unlisted: [
        ['http://www.example.org', proxy, 0, 403],
        ['http://db.internal.example.com', proxy, 0, 403],
        ['http://192.168.12.51', proxy, 0, 403],
        ['https://www.example.org', [...proxy, '--insecure'], 56, 0],
      ],
    };
  },
  'dns-proxy': (router, pod) => ({
    source: '192.168.12.102',
    listed: [
      [`http://${router}`, [], server, 80],
      [`http://${router}:3306`, [], otherServer, 3306],
      [`http://${router}:5433`, [], server, 5432],
    ],
    unlisted: [
      [`http://${pod}:81`, [], 7, 0],
      [`http://${pod}:5432`, [], 7, 0],
    ],
  }),
};

const records = [
  { name: 'www.example.com', type: 'A', data: server },
  { name: 'www.example.org', type: 'A', data: '198.51.100.2' },
  { name: 'db.internal.example.com', type: 'A', data: server },
  { name: 'db.example.com', type: 'A', data: otherServer },
  { name: 'warehouse.example.com', type: 'A', data: server },
] as const;

const cluster = await connectCluster();

suite('a router of each mode, from the manifests of deploy/', { timeout: 120_000 }, () => {
  const cleanup = new AsyncDisposableStack();
  const sites = new Map<SiteMode, Site>();
  let outside: Outside;
  let clients: Clients;

  before(async () => {
    outside = cleanup.use(await startOutside(cluster));
    cleanup.use(await startClusterDns(cluster, records));
    cleanup.defer(async () => void (await Promise.all([...sites.values()].map((site) => site[Symbol.asyncDispose]()))));
    const starting = Object.keys(siteNames).filter(isMode).map(startMode);
    await Promise.all([...starting, startClients(cluster).then((started) => (clients = cleanup.use(started)))]);
  });
  after(() => cleanup.disposeAsync());

  async function startMode(mode: SiteMode): Promise<void> {
    const { source } = cases[mode]('', '');
    sites.set(mode, await startSite(cluster, { mode, source: `${source}/24`, node: 'node1' }));
  }

  async function caseOf(mode: SiteMode) {
    const site = sites.get(mode);
    assert.ok(site, `${mode} has not started`);
    const pod = await site.pod();
    return { site, pod, ...cases[mode](await site.serviceAddress(), pod.status.podIP ?? '') };
  }

  test('without a router: what a client sends arrives with the address of its node', async () => {
    for (const [index, client] of [clients.node1, clients.node2].entries()) {
      const { seen } = await visit(client, outside, `http://${server}`);
      assert.deepEqual(
        seen.map(({ source }) => source),
        [cluster.nodes[index]?.lanAddress],
      );
    }
  });

  for (const mode of ['redirect', 'http-proxy', 'dns-proxy'] as const) {
    test(`${mode}: clients on its node and on the other one arrive through the Service, with the source IP`, async () => {
      const { listed, source } = await caseOf(mode);
      for (const client of [clients.node1, clients.node2]) {
        for (const [base, options, destination, port] of listed) {
          const { seen, ...answer } = await visit(client, outside, base, options);
          const arrived = seen.map((event) => [event.source, event.destination, event.port]);
          assert.deepEqual(arrived, [[source, destination, port]], `${client.name} ${base}: ${JSON.stringify(answer)}`);
        }
      }
    });

    test(`${mode}: a destination that is not listed is refused, and nothing arrives`, async () => {
      const { unlisted } = await caseOf(mode);
      for (const client of [clients.node1, clients.node2]) {
        for (const [base, options, code, status] of unlisted) {
          const visited = await visit(client, outside, base, options);
          assert.deepEqual({ ...visited, body: '' }, { code, status, body: '', seen: [] }, `${client.name} ${base}`);
        }
      }
    });

    test(`${mode}: hosts on the LAN and beyond cannot enter, neither the router nor what is behind it`, async () => {
      const { source, pod } = await caseOf(mode);
      await proveNoEntry(cluster, { source, node: 'node1', behind: [pod.status.podIP ?? '', clients.node1.address] });
    });

    test(`${mode}: the kubelet's probes are answered, and its container is the first one`, async () => {
      const { pod } = await caseOf(mode);
      await untilProbed(cluster, 'node1', pod);
      assert.deepEqual(
        pod.status.containerStatuses?.map(({ restartCount }) => restartCount),
        [0],
      );
    });

    test(`${mode}: kubectl logs and exec work`, async () => {
      const { site, source } = await caseOf(mode);
      const { namespace, name } = site;
      const main = mode === 'redirect' ? 'router' : 'proxy';
      const logs = (container: string) => namespace.kubectl(['logs', `deployment/${name}`, '--container', container]);
      assert.match(await logs('setup'), new RegExp(`"addresses":\\["${source}"\\].*"the source IP is ours"`));
      assert.match(await logs(main), /"msg":"ready"/);
      const words = ['exec', `deployment/${name}`, '--container', main, '--', 'ip', '-brief', 'address', 'show', 'macvlan0'];
      assert.match(await namespace.kubectl(words), new RegExp(` ${source}/32 `));
    });

    test(`${mode}: in its pod a service account reaches the API, and what else is opened leaves with the source IP`, async () => {
      const { site, pod, source } = await caseOf(mode);
      const shell = await debugPod(site.namespace, pod);
      assert.equal(await whoAmI(shell), `system:serviceaccount:${site.namespace.name}:egress-router`);
      const { seen } = await visit(shell, outside, `http://${server}`);
      assert.deepEqual(
        seen.map((event) => event.source),
        [source],
      );
    });
  }
});

/** Who the API takes a process of the pod for, that has a token of the router's service account. */
async function whoAmI(shell: ClientPod): Promise<string> {
  const token = (await shell.namespace.kubectl(['create', 'token', 'egress-router'])).trim();
  const review = JSON.stringify({ apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' });
  const script = `curl --silent --insecure --max-time 10 --header 'content-type: application/json' --header "authorization: Bearer $1" --data "$2" \
    https://$KUBERNETES_SERVICE_HOST:$KUBERNETES_SERVICE_PORT/apis/authentication.k8s.io/v1/selfsubjectreviews`;
  const answer = await shell.output('sh', ['-c', script, 'sh', token, review]);
  return JSON.parse(answer).status.userInfo.username;
}

function isMode(word: string): word is SiteMode {
  return word in siteNames;
}
