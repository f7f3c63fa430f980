import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addresses, type Family } from '../../lab/addresses.ts';
import type { Host } from '../../lab/host.ts';
import { buildLab } from '../../lab/lab.ts';
import { serve } from '../../lab/serve.ts';
import { watchLeaks } from '../../lab/watch-leaks.ts';
import { attempt, patience, reach, setupLines, sourceVariables } from './router-pod.ts';

const families: readonly Family[] = ['ipv4', 'ipv6'];
const sources = families.map((family) => addresses[family].lan.source);
const servers = families.map((family) => addresses[family].outside.servers[0]);
const variables = {
  ...sourceVariables(...families),
  ...{ EGRESS_DUPLICATE_CHECK: 'off', EGRESS_ROUTER_MODE: 'init' },
  EGRESS_DESTINATION: servers.map((server) => `7 tcp ${server}\n7 udp ${server}`).join('\n'),
};

const faults: readonly (readonly [string, (router: Host) => Promise<unknown>])[] = [
  ['macvlan0 is down', (router) => router.output('ip', ['link', 'set', 'macvlan0', 'down'])],
  ['macvlan0 is gone', (router) => router.output('ip', ['link', 'delete', 'macvlan0'])],
  ['macvlan0 has no address', (router) => router.output('ip', ['address', 'flush', 'dev', 'macvlan0', 'scope', 'global'])],
  ['the routes to the gateway are gone', (router) => deleteRoutes(router)],
  ['the table is deleted', (router) => router.output('nft', ['delete', 'table', 'inet', 'egress_router'])],
  ['connection tracking is flushed', (router) => router.output('conntrack', ['-F'])],
  ['somebody else switches connection tracking off', (router) => router.output('nft', ['-f', '-'], { input: notrack })],
];

const notrack = `table inet other {
	chain incoming {
		type filter hook prerouting priority raw; policy accept;
		notrack
	}
	chain outgoing {
		type filter hook output priority raw; policy accept;
		notrack
	}
}
`;

async function deleteRoutes(router: Host): Promise<void> {
  for (const option of ['-4', '-6']) await router.output('ip', [option, 'route', 'flush', 'table', '17746', 'type', 'unicast']);
}

/** A connection that goes on while the fault happens. */
const stream = (target: string) =>
  `const s=require('net').connect(7,'${target}');s.on('error',()=>process.exit());s.on('data',()=>console.log('flows'));setInterval(()=>s.write('x'),20)`;

for (const [title, fault] of faults) {
  test(`when ${title}, nothing reaches the outside from another address than the source IP`, async () => {
    await using lab = await buildLab({ family: 'dual', podNetwork: 'calico' });
    const [router, client] = [lab.host('router'), lab.host('client')];
    const kinds = ['tcp-echo', 'udp-echo'] as const;
    const server = lab.attach(
      await serve(
        lab.host('outside'),
        kinds.map((kind) => ({ kind, port: 7 })),
      ),
    );
    const routers = families.map((family) => addresses[family].subnet.router);

    // The control: before setup, the same packets leave from the pod, the watch calls it a leak, and the server sees the node's address.
    const control = lab.attach(await watchLeaks(lab));
    await reach(router, servers);
    const { leaks } = await control.stop();
    for (const protocol of ['tcp', 'udp']) assert.ok(leaks.some((packet) => packet.protocol === protocol));
    assert.deepEqual(
      [...new Set(server.seen.map(({ source }) => source))].sort(),
      families.map((family) => lab.nodeAddress(family)).sort(),
    );

    await setupLines(router, variables);
    const watch = lab.attach(await watchLeaks(lab));
    const streams = await Promise.all([
      ...routers.map((target) => client.spawn(process.execPath, ['-e', stream(target)])),
      ...servers.map((target) => router.spawn(process.execPath, ['-e', stream(target)])),
    ]);
    for (const flowing of streams) await flowing.line('flows', 'stdout', patience);
    await fault(router);
    await Promise.all([attempt(client, routers), attempt(router, servers)]);

    const report = await watch.stop();
    assert.ok(report.seen.some(({ host, source }) => host === 'outside' && sources.includes(source)));
    assert.deepEqual(report.leaks, []);
  });
}
