import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, suite, test } from 'node:test';
import { addresses } from '../../lab/addresses.ts';
import { connectCluster } from '../../lab/cluster/cluster.ts';
import { type Clients, startClients } from './client-pod.ts';
import { applyLegacyPolicies, attachmentsOf, type OldPod } from './legacy-policies.ts';
import { Namespace } from './namespace.ts';
import { type Outside, startOutside, visit } from './outside.ts';

const [server, otherServer] = addresses.ipv4.outside.servers;
const cluster = await connectCluster();

/** An example of deploy/legacy, applied verbatim. All have the page's source IP, so they run one after the other. */
interface Example {
  readonly file: string;
  /** The label of its pod, `name=...`. */
  readonly pod: string;
  /** How its Service is called; with `expose`, it is made from the Deployment by that name; without both, clients dial the pod. */
  readonly service?: string;
  readonly expose?: string;
  /** Requests by URL or, through a proxy, by the proxy's port and URL; and where they arrive. */
  readonly asks: readonly { readonly port: number; readonly proxied?: string; readonly server: string }[];
}

const examples: readonly Example[] = [
  { file: 'redirect', pod: 'egress-1', service: 'egress-1', asks: [{ port: 80, server }] },
  {
    file: 'redirect-config-map',
    pod: 'egress-multi',
    service: 'egress-multi',
    asks: [
      { port: 80, server },
      { port: 8080, server: otherServer },
    ],
  },
  {
    file: 'http-proxy',
    pod: 'egress-1',
    service: 'egress-1',
    asks: [{ port: 8080, proxied: `http://${server}`, server }],
  },
  {
    file: 'dns-proxy',
    pod: 'egress-dns-proxy',
    service: 'egress-dns-svc',
    asks: [
      { port: 80, server },
      { port: 8080, server: otherServer },
    ],
  },
  { file: 'one-container', pod: 'egress-1', asks: [{ port: 80, server }] },
  {
    file: 'deployment',
    pod: 'egress-router',
    service: 'egress-demo-controller',
    expose: 'egress-demo-controller',
    asks: [{ port: 80, server }],
  },
];

suite('manifests of OpenShift SDN, with the policies of deploy/legacy', { timeout: 400_000 }, () => {
  const cleanup = new AsyncDisposableStack();
  let namespace: Namespace;
  let outside: Outside;
  let clients: Clients;

  before(async () => {
    namespace = cleanup.use(await Namespace.open(cluster, 'legacy'));
    outside = cleanup.use(await startOutside(cluster));
    clients = cleanup.use(await startClients(cluster));
    cleanup.use(await applyLegacyPolicies(cluster, namespace));
  });
  after(() => cleanup.disposeAsync());

  const assign = (value: string) => ({ 'pod.network.openshift.io/assign-macvlan': value });
  const given: readonly (readonly [what: string, OldPod, attachments: string | undefined])[] = [
    ['a privileged pod with "true"', { annotations: assign('true'), privileged: true }, 'default/egress-lan@macvlan0'],
    ['a privileged pod with a parent', { annotations: assign('eth1'), privileged: true }, 'default/egress-lan-eth1@macvlan0'],
    ['a privileged pod with "false"', { annotations: assign('false'), privileged: true }, undefined],
    ['a pod with "false"', { annotations: assign('false') }, undefined],
    ["a pod on the node's network", { annotations: assign('true'), privileged: true, hostNetwork: true }, undefined],
    [
      'a pod with attachments of its own',
      { annotations: { ...assign('true'), 'k8s.v1.cni.cncf.io/networks': 'mine' }, privileged: true },
      'mine',
    ],
  ];
  for (const [what, pod, attachments] of given) {
    test(`the policies: ${what} has ${attachments ?? 'no attachment'}`, async () => {
      assert.equal(await attachmentsOf(namespace, pod), attachments);
    });
  }

  const refused: readonly (readonly [what: string, OldPod, words: string])[] = [
    [
      'a pod that is not privileged',
      { annotations: assign('true') },
      'pod has "pod.network.openshift.io/assign-macvlan" annotation but is not privileged',
    ],
    [
      'a privileged pod with the name of no attachment',
      { annotations: assign('eth9'), privileged: true },
      `pod annotation "pod.network.openshift.io/assign-macvlan" is neither 'true' nor the name of a local network interface`,
    ],
  ];
  for (const [what, pod, words] of refused) {
    test(`the policies: ${what} is refused, in the words of OpenShift SDN`, async () => {
      await assert.rejects(attachmentsOf(namespace, pod), (error: Error) => error.message.includes(words));
    });
  }

  suite('the examples', () => {
    for (const example of examples) {
      test(`${example.file}.yaml: its clients arrive with the source IP`, { timeout: 100_000 }, async () => {
        await proveExample(example, clients, outside);
      });
    }
  });
});

async function proveExample({ file, pod, service, expose, asks }: Example, clients: Clients, outside: Outside): Promise<void> {
  await using namespace = await Namespace.open(cluster, 'old');
  await namespace.apply(await readFile(`deploy/legacy/examples/${file}.yaml`, 'utf8'));
  if (expose !== undefined) await namespace.kubectl(['expose', `deployment/${expose}`]);
  const router = await namespace.untilReady({ selector: `name=${pod}` });
  const byService = service && (await namespace.kubectl(['get', 'service', service, '--output=jsonpath={.spec.clusterIP}']));
  const address = byService ?? router.status.podIP ?? '';
  for (const client of [clients.node1, clients.node2]) {
    for (const { port, proxied, server: destination } of asks) {
      await client.untilAccepted(address, port);
      const through = `http://${address}:${port}`;
      const { seen } = await visit(client, outside, proxied ?? through, proxied === undefined ? [] : ['--proxy', through]);
      const arrived = seen.map((event) => [event.source, event.destination]);
      assert.deepEqual(arrived, [[addresses.ipv4.lan.source, destination]], `${client.name}, port ${port}\n${await namespace.explain()}`);
    }
  }
}
