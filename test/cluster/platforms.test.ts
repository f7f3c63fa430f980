import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, suite, test } from 'node:test';
import { addresses } from '../../lab/addresses.ts';
import { connectCluster } from '../../lab/cluster/cluster.ts';
import { type ClientPod, type Clients, startClients } from './client-pod.ts';
import { startClusterDns } from './cluster-dns.ts';
import { modeCase, outsideNames, servicePorts } from './mode-cases.ts';
import { Namespace } from './namespace.ts';
import { serveOpenShiftKinds } from './openshift.ts';
import { type Outside, startOutside, visit } from './outside.ts';
import { type SiteMode, siteNames, startSite } from './site.ts';

const cluster = await connectCluster();

// One at a time could have the address that deploy/pods has; with one for each they run side by side.
const pods: readonly (readonly [SiteMode, source: string])[] = [
  ['redirect', '192.168.12.109'],
  ['http-proxy', '192.168.12.110'],
  ['dns-proxy', '192.168.12.111'],
];
const overlays: readonly (readonly [SiteMode, source: string])[] = [
  ['redirect', '192.168.12.112'],
  ['http-proxy', '192.168.12.113'],
  ['dns-proxy', '192.168.12.114'],
];

suite('the other manifests of deploy/', { timeout: 180_000, concurrency: true }, () => {
  const cleanup = new AsyncDisposableStack();
  let outside: Outside;
  let clients: Clients;

  before(async () => {
    outside = cleanup.use(await startOutside(cluster));
    cleanup.use(await startClusterDns(cluster, outsideNames));
    cleanup.use(await serveOpenShiftKinds(cluster));
    // It belongs to no namespace: overlays that create it at the same time would be in each other's way.
    await cluster.kubectl(['apply', '-f', 'deploy/components/openshift/security-context-constraints.yaml']);
    clients = cleanup.use(await startClients(cluster));
  });
  after(() => cleanup.disposeAsync());

  for (const [mode, source] of pods) {
    test(`deploy/pods/${mode}.yaml: the plain Pod serves clients on both nodes`, async () => {
      await using namespace = await Namespace.open(cluster, 'pods');
      const name = siteNames[mode];
      await namespace.kubectl(['apply', '-k', 'deploy/attachment']);
      const text = await readFile(`deploy/pods/${mode}.yaml`, 'utf8');
      await namespace.apply(text.replaceAll(addresses.ipv4.lan.source, source));
      const { status } = await namespace.untilReady({ selector: `app=${name}` });
      const service = await namespace.kubectl(['get', 'service', name, '--output=jsonpath={.spec.clusterIP}']);
      for (const client of [clients.node1, clients.node2]) {
        await proveListed({ mode, source, service, client });
        if (mode === 'redirect') await proveRangeAndFallback(client, source, status.podIP ?? '');
      }
    });
  }

  for (const [mode, source] of overlays) {
    test(`deploy/overlays/openshift/${mode}: the API server accepts it, and the router serves clients on both nodes`, async () => {
      await using site = await startSite(cluster, { mode, source: `${source}/24`, folder: `overlays/openshift/${mode}` });
      const service = await site.serviceAddress();
      for (const client of [clients.node1, clients.node2]) await proveListed({ mode, source, service, client });
    });
  }

  async function proveListed({ mode, source, service, client }: { mode: SiteMode; source: string; service: string; client: ClientPod }) {
    await client.untilAccepted(service, servicePorts[mode]);
    for (const { base, options, ...destination } of modeCase(mode, service, '').listed) {
      const { seen, ...answer } = await visit(client, outside, base, options);
      const arrived = seen.map((event) => ({ source: event.source, server: event.destination, port: event.port }));
      assert.deepEqual(arrived, [{ source, ...destination }], `${client.name} ${base}: ${JSON.stringify(answer)}`);
    }
  }

  async function proveRangeAndFallback(client: ClientPod, source: string, pod: string): Promise<void> {
    for (const port of [9000, 9089]) {
      const answer = await client.output('sh', ['-c', `echo ${client.name} | socat -t1 - UDP:${pod}:${port}`]);
      assert.equal(answer.trim(), client.name);
      const seen = await outside.servers.see((event) => event.event === 'datagram' && event.port === port && event.source === source);
      assert.equal(seen.destination, '203.0.113.27');
    }
    const { seen } = await visit(client, outside, `http://${pod}:5432`);
    assert.deepEqual(
      seen.map((event) => [event.source, event.destination, event.port]),
      [[source, '203.0.113.28', 5432]],
    );
  }
});
