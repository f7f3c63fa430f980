import assert from 'node:assert/strict';
import { after, suite, test } from 'node:test';
import { connectCluster } from '../../lab/cluster/cluster.ts';
import { poll } from '../../lab/cluster/poll.ts';
import type { Namespace } from './namespace.ts';
import type { ContainerStatus, Pod } from './pod.ts';
import { Scene, sceneSite } from './scene.ts';
import { applySite, type Site, type SiteMode } from './site.ts';

/** A configuration with several problems, and which container says them. */
interface Case {
  readonly mode: SiteMode;
  readonly source: string;
  readonly container: 'setup' | 'proxy';
  readonly gateway?: string;
  readonly destination: string;
  readonly problems: readonly string[];
}

const cluster = await connectCluster();
const timeout = 90_000;
const cases: readonly Case[] = [
  {
    mode: 'redirect',
    source: '192.168.12.120',
    container: 'setup',
    gateway: '192.168.12.300',
    destination: `${sceneSite('redirect').destination}\n80 tcp 203.0.113.26\n70000 udp 203.0.113.26\nnonsense`,
    problems: [
      "EGRESS_GATEWAY: EGRESS_GATEWAY unspecified or invalid: '192.168.12.300' is no address",
      'EGRESS_DESTINATION:2: EGRESS_DESTINATION localport 80 is already used, must be unique for each destination',
      'EGRESS_DESTINATION:3: Invalid port: 70000, must be in the range 1 to 65535',
      "EGRESS_DESTINATION:4: EGRESS_DESTINATION value 'nonsense' is invalid",
    ],
  },
  {
    mode: 'http-proxy',
    source: '192.168.12.121',
    container: 'proxy',
    destination: `*\n${sceneSite('http-proxy').destination}\n203.0.113.0/33\nexample.com:443`,
    problems: [
      'EGRESS_HTTP_PROXY_DESTINATION:1: Wildcard must be last rule, if present',
      "EGRESS_HTTP_PROXY_DESTINATION:3: Bad destination '203.0.113.0/33'",
      "EGRESS_HTTP_PROXY_DESTINATION:4: Bad destination 'example.com:443'",
    ],
  },
  {
    mode: 'dns-proxy',
    source: '192.168.12.127',
    container: 'proxy',
    destination: `${sceneSite('dns-proxy').destination}\n80 203.0.113.26\n70000 203.0.113.26\nnonsense`,
    problems: [
      'EGRESS_DNS_PROXY_DESTINATION:2: Proxy port 80 already used, must be unique for each destination',
      'EGRESS_DNS_PROXY_DESTINATION:3: Invalid port: 70000, must be in the range 1 to 65535',
      "EGRESS_DNS_PROXY_DESTINATION:4: Bad destination 'nonsense'",
    ],
  },
];
const scene = await Scene.set(
  cluster,
  cases.map(({ source }) => source),
);
after(() => scene[Symbol.asyncDispose]());

// Each has a source IP of its own, and mostly waits.
suite('a wrong configuration', { concurrency: true }, () => {
  for (const { mode, source, container, gateway, destination, problems } of cases) {
    test(`${mode}: every problem is in the status of the pod and in the log of ${container}, nothing leaves, a correction heals it`, {
      timeout,
    }, async () => {
      const good = { ...sceneSite(mode), source: `${source}/24` };
      await using site = await applySite(cluster, { ...good, destination, ...(gateway === undefined ? {} : { gateway }) });
      await using client = await scene.ask('node1', mode, await site.serviceAddress());
      await proveTold(site, container, problems);
      await client.failed(0);
      assert.deepEqual(await scene.outgoing(source), { leaks: [], reserved: false, strangers: [] });

      await site.change(good);
      await site.rolledOut();
      assert.equal((await client.answered(0)).source, source);
      assert.deepEqual(await scene.outgoing(source), { leaks: [], reserved: true, strangers: [] });
    });
  }
});

/** A container ends with 2, and both its pod's status and its log have every problem. */
async function proveTold({ namespace, selector }: Site, container: string, problems: readonly string[]): Promise<void> {
  const told = ({ status }: Pod) => {
    const all: readonly ContainerStatus[] = [...(status.initContainerStatuses ?? []), ...(status.containerStatuses ?? [])];
    const found = all.find(({ name }) => name === container);
    return found?.state.terminated ?? found?.lastState.terminated;
  };
  const pod = await namespace.untilPod(`has ended ${container}`, (candidate) => told(candidate) !== undefined, { selector });
  const { exitCode, message = '' } = told(pod) ?? {};
  assert.equal(exitCode, 2, message);
  const missing = problems.filter((problem) => !message.includes(problem));
  assert.deepEqual(missing, [], message);
  // A run that ends just now takes the log of the one before it along: then there is none to be had until the next.
  let log = '';
  await poll(
    'the log has every problem',
    30_000,
    async () => {
      log = await logOf(namespace, pod.metadata.name, container);
      return problems.every((problem) => log.includes(problem));
    },
    () => log,
  );
}

/** The log of a container that ends again and again: of this run and of the one before, for this one may have just begun. */
async function logOf(namespace: Namespace, pod: string, container: string): Promise<string> {
  const words = ['logs', pod, '--container', container];
  const present = await namespace.kubectl(words).catch(String);
  // There is no run before the first.
  const previous = await namespace.kubectl([...words, '--previous']).catch(() => '');
  return previous + present;
}
