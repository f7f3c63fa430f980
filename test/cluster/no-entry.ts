import assert from 'node:assert/strict';
import { hostPrefix } from '../../lab/addresses.ts';
import { capture } from '../../lab/capture.ts';
import type { Cluster, ClusterNode } from '../../lab/cluster/cluster.ts';
import { formatAnswer, knock } from '../e2e/knock.ts';

/** Who is knocked at. */
export interface NoEntryOptions {
  readonly source: string;
  /** Where the router is. */
  readonly node: ClusterNode['name'];
  /** Addresses of pods that the router could forward to, if it were a router for outsiders. */
  readonly behind: readonly string[];
}

const ports = [22, 80, 3306, 8080, 9090];

/** Shows that a host of the LAN and one further away get a reset for TCP and nothing for UDP, and that the router forwards nothing for them. */
export async function proveNoEntry(cluster: Cluster, { source, node, behind }: NoEntryOptions): Promise<void> {
  const opened = ports.map((port) => ({ protocol: 'tcp' as const, address: source, port }));
  const sent = [53, 9000].map((port) => ({ protocol: 'udp' as const, address: source, port }));
  const expected = [
    ...opened.map((target) => formatAnswer(target, 'ECONNREFUSED')),
    ...sent.map((target) => formatAnswer(target, 'silent')),
  ];
  const [neighbour] = cluster.neighbours;
  for (const host of [neighbour, cluster.outside]) assert.deepEqual(await knock(host, [...opened, ...sent]), expected, `from ${host.name}`);

  // Whoever knows the source IP's MAC address can send it packets for any other.
  const targets = behind.flatMap((address) => ports.map((port) => ({ protocol: 'tcp' as const, address, port })));
  const uplink = cluster.nodes.find(({ name }) => name === node);
  assert.ok(uplink, node);
  await using arriving = await capture(uplink.host, { iface: uplink.uplink, filter: 'tcp' });
  await using routes = new AsyncDisposableStack();
  for (const address of behind) {
    await neighbour.output('ip', ['route', 'add', hostPrefix(address), 'via', source]);
    routes.defer(async () => void (await neighbour.run('ip', ['route', 'del', hostPrefix(address), 'via', source])));
  }
  assert.deepEqual(
    await knock(neighbour, targets),
    targets.map((target) => formatAnswer(target, 'silent')),
  );
  // Silence proves nothing if nothing came.
  const packets = await arriving.stop();
  for (const { address, port } of targets) {
    assert.ok(
      packets.some(({ destination, destinationPort }) => destination === address && destinationPort === port),
      `no packet for ${address} port ${port} came to ${node}`,
    );
  }
}
