import assert from 'node:assert/strict';
import { test } from 'node:test';
import { clusterAddresses, machineNames } from './addresses.ts';
import { planNetwork } from './plan-network.ts';

const { hosts, veths } = planNetwork();

test('planNetwork: every machine is planned once, and has a cable to another', () => {
  const ends = veths.flatMap(({ ends }) => ends.map(({ host }) => host));
  assert.deepEqual(hosts.map(({ host }) => host).sort(), [...machineNames].sort());
  assert.deepEqual([...new Set(ends)].sort(), [...machineNames].sort());
});

test('planNetwork: no address is given twice, and no interface', () => {
  const addresses = hosts.flatMap(({ ip }) =>
    ip.map((line) => /^address add (\S+)\//.exec(line)?.[1]).filter((address) => address !== undefined),
  );
  const interfaces = veths.flatMap(({ ends }) => ends.map(({ host, name }) => `${host} ${name}`));
  assert.equal(addresses.length, 2 * (1 + 2 + 2 + 2 + 4 + 2));
  assert.deepEqual(addresses, [...new Set(addresses)]);
  assert.deepEqual(interfaces, [...new Set(interfaces)]);
});

test('planNetwork: a node routes the pods of the other one over the cluster, and everything else by the LAN', () => {
  const { nodes } = clusterAddresses.ipv4;
  const lines = hosts.find(({ host }) => host === 'node1')?.ip ?? [];
  assert.deepEqual(
    lines.filter((line) => line.startsWith('route') && !line.includes('::')),
    ['route add default via 192.168.12.1 dev eth1', `route add ${nodes.node2.pods} via ${nodes.node2.cluster}`],
  );
});
