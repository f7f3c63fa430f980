import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addresses, type Family } from '../../lab/addresses.ts';
import type { Host } from '../../lab/host.ts';
import { buildLab, type Lab } from '../../lab/lab.ts';
import { type Servers, serve } from '../../lab/serve.ts';
import { watchLeaks } from '../../lab/watch-leaks.ts';
import { setupLines, sourceVariables } from './router-pod.ts';

const families: readonly Family[] = ['ipv4', 'ipv6'];
const unchecked = { EGRESS_DUPLICATE_CHECK: 'off' };
const socatHost = (address: string) => (address.includes(':') ? `[${address}]` : address);

/** Dials, says hello, and gives what came back; `error` is what the program said when nothing did. */
async function talk(host: Host, protocol: 'tcp' | 'udp', address: string, port: number): Promise<{ answer: string; error: string }> {
  const target = `${protocol}:${socatHost(address)}:${port}${protocol === 'tcp' ? ',connect-timeout=2' : ''}`;
  const { stdout, stderr } = await host.run('socat', ['-t', '1', '-', target], { input: 'hello' });
  return { answer: stdout, error: stderr };
}

/** Listeners that answer anybody. */
async function listen(lab: Lab, host: Host, ...ports: readonly number[]): Promise<Servers> {
  const kinds = ['tcp-echo', 'udp-echo'] as const;
  return lab.attach(
    await serve(
      host,
      ports.flatMap((port) => kinds.map((kind) => ({ kind, port }))),
    ),
  );
}

for (const family of families) {
  const { lan, subnet } = addresses[family];

  test(`guards, ${family}: from outside, new TCP is refused, new UDP is dropped, and the cluster reaches the same listener`, async () => {
    await using lab = await buildLab({ family, podNetwork: 'calico' });
    const router = lab.host('router');
    await setupLines(router, { ...sourceVariables(family), ...unchecked });
    await listen(lab, router, 8080);
    for (const name of ['lanHost', 'outside'] as const) {
      const tcp = await talk(lab.host(name), 'tcp', lan.source, 8080);
      assert.equal(tcp.answer, '');
      assert.match(tcp.error, /Connection refused/, name);
      assert.deepEqual(await talk(lab.host(name), 'udp', lan.source, 8080), { answer: '', error: '' }, name);
    }
    for (const name of ['client', 'otherClient', 'node'] as const) {
      assert.equal((await talk(lab.host(name), 'tcp', subnet.router, 8080)).answer, 'hello', name);
      assert.equal((await talk(lab.host(name), 'udp', subnet.router, 8080)).answer, 'hello', name);
    }
  });

  test(`guards, ${family}: from outside, ping is answered ten times a second`, async () => {
    await using lab = await buildLab({ family });
    await setupLines(lab.host('router'), { ...sourceVariables(family), ...unchecked });
    const { stdout } = await lab.host('lanHost').run('ping', ['-c', '100', '-i', '0.01', '-W', '1', lan.source]);
    const received = Number(/(\d+) received/.exec(stdout)?.[1]);
    // The first five at once, then ten a second: about fifteen in the second that a hundred take.
    assert.ok(received >= 10 && received <= 40, stdout);
  });

  test(`guards, ${family}: the pod's own address cannot be reached from the LAN, and its clients neither`, async () => {
    await using lab = await buildLab({ family, podNetwork: 'calico' });
    const router = lab.host('router');
    const destinations = { EGRESS_ROUTER_MODE: 'init', EGRESS_DESTINATION: addresses[family].outside.servers[0] };
    await setupLines(router, { ...sourceVariables(family), ...unchecked, ...destinations });
    await listen(lab, router, 9090);
    await listen(lab, lab.host('client'), 9090);
    const lanHost = lab.host('lanHost');
    const length = family === 'ipv4' ? 32 : 128;
    for (const target of [subnet.router, subnet.client])
      await lanHost.output('ip', ['route', 'add', `${target}/${length}`, 'via', lan.source]);
    for (const target of [subnet.router, subnet.client]) {
      const { answer, error } = await talk(lanHost, 'tcp', target, 9090);
      assert.equal(answer, '');
      // Not even refused: a reset would leave with the pod's address.
      assert.match(error, /timed out/i, target);
      assert.equal((await talk(lanHost, 'udp', target, 9090)).answer, '', target);
    }
  });
}

test('guards: on macvlan0 nobody answers for the address of the pod', async () => {
  await using lab = await buildLab();
  await setupLines(lab.host('router'), { ...sourceVariables('ipv4'), ...unchecked });
  const ask = (address: string) => lab.host('lanHost').run('arping', ['-f', '-c', '2', '-w', '1', '-I', 'eth0', address]);
  assert.equal((await ask(addresses.ipv4.subnet.router)).code, 1);
  assert.equal((await ask(addresses.ipv4.lan.source)).code, 0);
});

for (const [family, other] of [
  ['ipv4', 'ipv6'],
  ['ipv6', 'ipv4'],
] as const) {
  test(`guards: a pod of both families with a source IP of ${family} only opens nothing to the outside in ${other}`, async () => {
    await using lab = await buildLab({ family: 'dual', podNetwork: 'calico' });
    const router = lab.host('router');
    await listen(lab, lab.host('outside'), 7);
    const [own, foreign] = [addresses[family].outside.servers[0], addresses[other].outside.servers[0]];
    // The control: before setup, the pod gets there.
    assert.equal((await talk(router, 'tcp', foreign, 7)).answer, 'hello');
    await setupLines(router, { ...sourceVariables(family), ...unchecked });
    for (const protocol of ['tcp', 'udp'] as const) {
      assert.equal((await talk(router, protocol, own, 7)).answer, 'hello');
      const started = performance.now();
      const { answer, error } = await talk(router, protocol, foreign, 7);
      assert.equal(answer, '');
      // Routing refuses it: no second try of TCP, a second later, is waited for.
      assert.match(error, /unreachable|No route/i);
      assert.ok(performance.now() - started < 1000, `${protocol} waited ${performance.now() - started} ms for its refusal`);
    }
    assert.notEqual((await router.run('ping', ['-c', '1', '-W', '1', foreign])).code, 0);
  });
}

for (const family of families) {
  test(`guards, ${family}: by eth0 the pod opens only what is listed: nameservers, the API, the ranges of EGRESS_CLUSTER_CIDRS`, async () => {
    await using lab = await buildLab({ family });
    const router = lab.host('router');
    const { service, otherSubnet, subnet, lan } = addresses[family];
    const [dns, api, listed, unlisted] = await Promise.all([
      listen(lab, lab.host('dns'), 53, 5353),
      listen(lab, lab.host('api'), 6443),
      listen(lab, lab.host('otherClient'), 7),
      listen(lab, lab.host('client'), 7),
    ]);
    await setupLines(router, {
      ...sourceVariables(family),
      ...unchecked,
      ...{ KUBERNETES_SERVICE_HOST: service.api, KUBERNETES_SERVICE_PORT: '443', EGRESS_CLUSTER_CIDRS: otherSubnet.client },
    });
    for (const protocol of ['tcp', 'udp'] as const) {
      assert.equal((await talk(router, protocol, service.dns, 53)).answer, 'hello', `nameserver by ${protocol}`);
      assert.equal((await talk(router, protocol, otherSubnet.client, 7)).answer, 'hello', `cluster range by ${protocol}`);
      await talk(router, protocol, subnet.client, 7);
      await talk(router, protocol, otherSubnet.dns, 5353);
    }
    assert.equal((await talk(router, 'tcp', service.api, 443)).answer, 'hello');
    const sourcesOf = (servers: Servers, port: number) => [
      ...new Set(servers.seen.flatMap((seen) => (seen.port === port ? [seen.source] : []))),
    ];
    for (const [servers, port] of [
      [dns, 53],
      [api, 6443],
      [listed, 7],
    ] as const) {
      assert.deepEqual(sourcesOf(servers, port), [subnet.router]);
    }
    // Another pod, and another port of the nameserver, are destinations like any other: the gateway of this lab has a route to them.
    assert.deepEqual(sourcesOf(unlisted, 7), [lan.source]);
    assert.deepEqual(sourcesOf(dns, 5353), [lan.source]);
  });
}

// Such a connection went on by eth0 once the table was deleted: the kernel had opened it from the pod's address, and source NAT had let it out.
test('guards: while macvlan0 lacks its address, the pod opens nothing that source NAT would let out', async () => {
  await using lab = await buildLab({ family: 'dual', podNetwork: 'calico' });
  const router = lab.host('router');
  await setupLines(router, { ...sourceVariables(...families), ...unchecked });
  await listen(lab, lab.host('outside'), 7);
  const servers = families.map((family) => addresses[family].outside.servers[0]);
  const talkToAll = () => Promise.all(servers.map((server) => talk(router, 'tcp', server, 7)));
  const watch = lab.attach(await watchLeaks(lab));
  assert.deepEqual(
    (await talkToAll()).map(({ answer }) => answer),
    ['hello', 'hello'],
  );
  const { seen: before } = await watch.report();
  assert.ok(before.some(({ family, flags }) => family === 'ipv6' && flags === 'S'));
  await router.output('ip', ['address', 'flush', 'dev', 'macvlan0', 'scope', 'global']);
  await talkToAll();
  const { seen, leaks } = await watch.stop();
  assert.deepEqual(leaks, []);
  assert.deepEqual(
    seen.slice(before.length).filter(({ flags }) => flags === 'S'),
    [],
  );
});
