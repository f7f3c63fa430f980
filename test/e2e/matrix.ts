import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { addresses } from '../../lab/addresses.ts';
import { buildLab, type Lab } from '../../lab/lab.ts';
import { startNameserver } from '../../lab/nameserver.ts';
import type { LabOptions } from '../../lab/options.ts';
import { type Servers, serve } from '../../lab/serve.ts';
import type { Mode } from '../../src/config/router-config.ts';
import { proveCluster } from './cluster.ts';
import { formatAnswer, knock } from './knock.ts';
import { proveOutsiders } from './outsiders.ts';
import { addRouterService, allRequests, curlWords, formatRequest, listsByName, serverRecords } from './requests.ts';
import { startRouterPod } from './router-pod.ts';

/** What a router must work on: each pod network with each reverse-path filter, and with a macvlan0 made either way. */
const networks: readonly LabOptions[] = [
  { podNetwork: 'openshift-sdn', family: 'ipv4', rpFilter: 0, macvlanState: 'bare' },
  { podNetwork: 'openshift-sdn', family: 'ipv6', rpFilter: 1, macvlanState: 'multus' },
  { podNetwork: 'openshift-sdn', family: 'dual', rpFilter: 2, macvlanState: 'multus' },
  { podNetwork: 'calico', family: 'ipv4', rpFilter: 2, macvlanState: 'multus' },
  { podNetwork: 'calico', family: 'ipv6', rpFilter: 0, macvlanState: 'multus' },
  { podNetwork: 'calico', family: 'dual', rpFilter: 1, macvlanState: 'bare' },
  { podNetwork: 'calico', family: 'dual', rpFilter: 1, macvlanParent: 'primary' },
];

/** Declares one test for each network: what a router in this mode owes to the server, to the cluster and to the outside. */
export function testMatrix(mode: Mode): void {
  suite(`${mode}: each pod network`, { concurrency: 3 }, () => {
    for (const options of networks) {
      test(`${mode} on ${formatNetwork(options)}`, async (t) => {
        await using lab = await buildLab(options);
        await startNameserver(lab, { records: serverRecords });
        const server = lab.attach(await startServer(lab));
        const main = await startRouterPod(lab, mode, { variables: listsByName(lab, mode) });
        await t.test('the server sees the source IP of every client, by the pod and by its Service', () => proveSource(lab, mode, server));
        if (mode === 'redirect') await t.test('and of every datagram', () => proveDatagrams(lab, server));
        await t.test('the cluster stays in reach of the pod, and the pod of its probes', () => proveCluster(lab));
        await t.test('an outside host opens nothing', () => proveOutsiders(lab, mode));
        assert.ok(main.isRunning, main.stderr);
      });
    }
  });
}

async function startServer(lab: Lab): Promise<Servers> {
  const admit = lab.settings.families.map((family) => addresses[family].lan.source);
  return serve(lab.host('outside'), [
    { kind: 'http', port: 80, admit },
    { kind: 'udp-echo', port: 7 },
  ]);
}

async function proveSource(lab: Lab, mode: Mode, server: Servers): Promise<void> {
  await addRouterService(lab, mode);
  const requests = allRequests(lab, mode);
  await Promise.all(requests.map((request, index) => lab.host(request.from).output('curl', curlWords(mode, request, `/${index}`))));
  const seen = server.seen.flatMap((event) => (event.event === 'request' ? [`${event.target} ${event.source}`] : []));
  assert.deepEqual(
    seen.sort(),
    requests.map(({ family }, index) => `/${index} ${addresses[family].lan.source}`).sort(),
    requests.map(formatRequest).join('\n'),
  );
}

async function proveDatagrams(lab: Lab, server: Servers): Promise<void> {
  const { families } = lab.settings;
  const targets = families.map((family) => ({ protocol: 'udp' as const, address: addresses[family].subnet.router, port: 7 }));
  const hosts = ['client', 'otherClient', 'node'] as const;
  const answers = await Promise.all(hosts.map((host) => knock(lab.host(host), targets)));
  assert.deepEqual(
    answers,
    hosts.map(() => targets.map((target) => formatAnswer(target, 'open'))),
  );
  const sources = server.seen.flatMap(({ event, source }) => (event === 'datagram' ? [source] : []));
  assert.deepEqual(sources.sort(), hosts.flatMap(() => families.map((family) => addresses[family].lan.source)).sort());
}

function formatNetwork({ podNetwork, family, rpFilter, macvlanState = 'bare', macvlanParent = 'dedicated' }: LabOptions): string {
  const parent = macvlanParent === 'primary' ? "the node's primary interface" : 'an interface of its own';
  return `${podNetwork}, ${family}, rp_filter ${rpFilter}, macvlan0 ${macvlanState} on ${parent}`;
}
