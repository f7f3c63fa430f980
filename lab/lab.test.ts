import assert from 'node:assert/strict';
import { readdir, readlink } from 'node:fs/promises';
import { describe, test } from 'node:test';
import { addresses, type Family } from './addresses.ts';
import { startKubernetesApi } from './kubernetes-api.ts';
import { buildLab, type Lab } from './lab.ts';
import type { LabOptions } from './options.ts';
import { serve } from './serve.ts';

const podNetworks = ['openshift-sdn', 'calico'] as const;
const families = ['ipv4', 'ipv6', 'dual'] as const;
const parents = ['dedicated', 'primary'] as const;
const variants = podNetworks.flatMap((podNetwork) =>
  families.flatMap((family) => parents.map((macvlanParent): LabOptions => ({ podNetwork, family, macvlanParent }))),
);

describe('buildLab', () => {
  for (const options of variants) {
    test(`buildLab: everyone reaches everyone on ${options.podNetwork}, ${options.family}, macvlan on a ${options.macvlanParent} parent`, async () => {
      await using lab = await buildLab(options);
      for (const family of lab.settings.families) {
        const unreached = (await Promise.all(pairs(family).map(([from, to]) => ping(lab, from, to)))).filter((line) => line !== '');
        assert.deepEqual(unreached, []);
      }
    });
  }

  test('buildLab: a direct connection reaches the outside with the address of the node, and is refused by a server that admits the source IP only', async () => {
    for (const macvlanParent of parents) {
      await using lab = await buildLab({ family: 'dual', macvlanParent });
      const admit = [addresses.ipv4.lan.source, addresses.ipv6.lan.source];
      const server = lab.attach(await serve(lab.host('outside'), [{ kind: 'http', port: 80, admit }]));
      for (const family of lab.settings.families) {
        const answer = await lab.host('client').output('curl', ['-gs', '-w', '%{http_code}', `http://${literal(destination(family))}/`]);
        assert.match(answer, /"error":"refused by the server".*\n403$/);
        assert.equal(server.seen.at(-1)?.source, lab.nodeAddress(family));
      }
    }
  });

  test('buildLab: the macvlan comes as its CNI leaves it', async () => {
    await using bare = await buildLab();
    assert.match(await bare.host('router').output('ip', ['-br', 'address', 'show', 'macvlan0']), /^macvlan0@\S+ +DOWN *$/m);
    await using multus = await buildLab({ macvlanState: 'multus' });
    assert.match(await multus.host('router').output('ip', ['-br', 'address', 'show', 'macvlan0']), / UP .*192\.168\.12\.99\/24/);
    assert.match(await multus.host('router').output('ip', ['route', 'get', destination('ipv4')]), /dev macvlan0 src 192\.168\.12\.99/);
  });

  test('buildLab: the router inherits the reverse-path filter and IPv4 forwarding that were asked for, and no IPv6 forwarding', async () => {
    for (const rpFilter of [0, 1, 2] as const) {
      await using lab = await buildLab({ rpFilter, ipv4Forwarding: rpFilter !== 2 });
      const paths = ['ipv4/conf/all/rp_filter', 'ipv4/conf/macvlan0/rp_filter', 'ipv4/ip_forward', 'ipv6/conf/all/forwarding'];
      const values = await lab.host('router').output(
        'cat',
        paths.map((path) => `/proc/sys/net/${path}`),
      );
      assert.deepEqual(values.trim().split('\n').map(Number), [rpFilter, rpFilter, rpFilter === 2 ? 0 : 1, 0]);
    }
  });

  test('buildLab: a Service leads pods of both subnets and the node to the pod behind it, with their own addresses', async () => {
    await using lab = await buildLab({ podNetwork: 'calico', family: 'dual' });
    const server = lab.attach(await serve(lab.host('router'), [{ kind: 'tcp-echo', port: 8080 }]));
    for (const family of lab.settings.families) {
      const { service, subnet, otherSubnet } = addresses[family];
      await lab.addServices({ protocol: 'tcp', address: service.router, port: 80, target: { address: subnet.router, port: 8080 } });
      for (const name of ['client', 'otherClient', 'node'] as const) {
        const echo = await lab.host(name).output('socat', ['-t2', '-', `TCP:${literal(service.router)}:80`], { input: 'hello' });
        assert.equal(echo, 'hello');
      }
      const sources = server.seen.slice(-3).map(({ source }) => source);
      assert.deepEqual(sources, [subnet.client, otherSubnet.client, lab.nodeAddress(family)]);
    }
  });

  test('buildLab: the Kubernetes API answers by its Service', async () => {
    await using lab = await buildLab();
    await startKubernetesApi(lab);
    const echo = await lab.host('router').output('socat', ['-t2', '-', `TCP:${addresses.ipv4.service.api}:443`], { input: 'hello' });
    assert.equal(echo, 'hello');
  });

  test('buildLab: with a small transit MTU the gateway tells senders of both sides', async () => {
    await using lab = await buildLab({ family: 'dual', transitMtu: 1300 });
    for (const family of lab.settings.families) {
      const { lan, outside } = addresses[family];
      for (const [from, to] of [
        ['lanHost', outside.servers[0]],
        ['outside', lan.lanHost],
      ] as const) {
        const { code, stdout } = await lab.host(from).run('ping', ['-c2', '-i0.2', '-W1', '-n', '-M', 'do', '-s', '1400', to]);
        assert.notEqual(code, 0);
        assert.match(stdout, /mtu ?= ?1300/);
      }
    }
  });

  test('buildLab: two labs at once do not disturb each other', async () => {
    await using first = await buildLab();
    await using second = await buildLab();
    const admit = [addresses.ipv4.lan.source];
    first.attach(await serve(first.host('outside'), [{ kind: 'http', port: 80, admit }]));
    second.attach(await serve(second.host('outside'), [{ kind: 'http', port: 80 }]));
    const status = (lab: Lab) =>
      lab.host('client').output('curl', ['-so', '/dev/null', '-w', '%{http_code}', `http://${destination('ipv4')}/`]);
    assert.deepEqual(await Promise.all([status(first), status(second)]), ['403', '200']);
  });

  test('buildLab: closing a lab leaves no process in any of its namespaces', async () => {
    const lab = await buildLab();
    const namespaces = await Promise.all(
      ['router', 'outside', 'node'].map((name) => readlink(`/proc/${lab.host(name as 'router').pid}/ns/net`)),
    );
    // A child that nobody keeps, in a group of its own.
    await lab.host('router').output('sh', ['-c', 'setsid sleep 1000 >/dev/null 2>&1 &']);
    assert.equal((await lab.host('router').processes()).length, 2);
    await lab[Symbol.asyncDispose]();
    const left = await Promise.all((await readdir('/proc')).map((pid) => readlink(`/proc/${pid}/ns/net`).catch(() => '')));
    assert.deepEqual(
      left.filter((namespace) => namespaces.includes(namespace)),
      [],
    );
  });
});

type Pair = readonly [from: Parameters<Lab['host']>[0], to: string];

function pairs(family: Family): Pair[] {
  const { lan, subnet, otherSubnet, outside } = addresses[family];
  return [
    ...(['client', 'otherClient', 'node'] as const).flatMap((from) => [
      [from, subnet.router] as const,
      [from, outside.servers[1]] as const,
    ]),
    ...[subnet.client, otherSubnet.client, otherSubnet.dns, otherSubnet.api].map((to) => ['router', to] as const),
    ['lanHost', outside.servers[0]],
    ['outside', lan.lanHost],
    // Pods are routed back, so that a leak with a pod's address arrives and is seen.
    ['outside', subnet.router],
  ];
}

async function ping(lab: Lab, from: Pair[0], to: string): Promise<string> {
  const { code, stdout, stderr } = await lab.host(from).run('ping', ['-c1', '-W2', '-n', to]);
  return code === 0 ? '' : `${from} -> ${to}: ${stdout}${stderr}`;
}

function destination(family: Family): string {
  return addresses[family].outside.servers[0];
}

function literal(address: string): string {
  return address.includes(':') ? `[${address}]` : address;
}
