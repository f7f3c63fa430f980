import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addresses } from '../../lab/addresses.ts';
import { clusterAddresses } from '../../lab/cluster/addresses.ts';
import { clientImage, connectCluster } from '../../lab/cluster/cluster.ts';
import { serve } from '../../lab/serve.ts';
import { startClientPod } from './client-pod.ts';
import { Namespace } from './namespace.ts';

const cluster = await connectCluster();
const [server] = addresses.ipv4.outside.servers;
const [server6] = addresses.ipv6.outside.servers;
const { lan } = addresses.ipv4;
const [neighbourAddress] = clusterAddresses.ipv4.neighbours;

test('the cluster: what a pod sends to the outside has the address that its node has on the LAN', async () => {
  await using namespace = await Namespace.open(cluster, 'plain');
  await using servers = await serve(cluster.outside, [{ kind: 'http', port: 80 }]);
  for (const node of cluster.nodes) {
    const client = await startClientPod(namespace, node.name);
    for (const address of [server, `[${server6}]`])
      await client.output('curl', ['-sS', '--max-time', '5', `http://${address}/${node.name}`]);
  }
  assert.deepEqual(
    servers.seen.map(({ source }) => source),
    ['192.168.12.11', '2001:db8:12::11', '192.168.12.12', '2001:db8:12::12'],
  );
});

test('the cluster: a pod with the annotation of Multus has a second interface, and its Service leads to it from both nodes', async () => {
  await using namespace = await Namespace.open(cluster, 'attached');
  const [neighbour] = cluster.neighbours;
  await using servers = await serve(neighbour, [{ kind: 'http', port: 80 }]);
  await namespace.apply(`
apiVersion: k8s.cni.cncf.io/v1
kind: NetworkAttachmentDefinition
metadata: { name: lan }
spec:
  config: |
    { "cniVersion": "1.0.0", "type": "macvlan", "master": "eth1", "mode": "bridge",
      "ipam": { "type": "static", "addresses": [{ "address": "${lan.source}/24", "gateway": "${lan.gateway}" }] } }
---
apiVersion: v1
kind: Pod
metadata: { name: attached, labels: { app: attached }, annotations: { k8s.v1.cni.cncf.io/networks: lan@macvlan0 } }
spec:
  nodeName: node1
  terminationGracePeriodSeconds: 0
  containers:
    - { name: main, image: '${clientImage}', imagePullPolicy: Never, command: [httpd, -f, -p, '8080', -h, /etc] }
---
apiVersion: v1
kind: Service
metadata: { name: attached }
spec: { selector: { app: attached }, ports: [{ port: 80, targetPort: 8080 }], ipFamilyPolicy: PreferDualStack }
`);
  const pod = await namespace.untilReady({ selector: 'app=attached' });
  const statuses = JSON.parse(pod.metadata.annotations?.['k8s.v1.cni.cncf.io/network-status'] ?? '[]');
  assert.deepEqual(
    statuses.map((status: { interface: string }) => status.interface),
    ['eth0', 'macvlan0'],
  );
  await namespace.kubectl(['exec', 'attached', '--', 'curl', '-sS', '--max-time', '5', `http://${neighbourAddress}/`]);
  assert.deepEqual(
    servers.seen.map(({ source }) => source),
    [lan.source],
  );
  const service = JSON.parse(await namespace.kubectl(['get', 'service', 'attached', '-o', 'json']));
  assert.equal(service.spec.clusterIPs.length, 2);
  for (const { name } of cluster.nodes) {
    const client = await startClientPod(namespace, name);
    for (const address of service.spec.clusterIPs) {
      const host = address.includes(':') ? `[${address}]` : address;
      assert.match(await client.output('curl', ['-sS', '--max-time', '5', `http://${host}/passwd`]), /^root:/);
    }
  }
});

test('the cluster: a power cut ends every pod of a node, and the node comes back with its images', async () => {
  await using namespace = await Namespace.open(cluster, 'power');
  const [, node] = cluster.nodes;
  const client = await startClientPod(namespace, node.name);
  const ping = () => cluster.controlPlane.run('ping', ['-c', '1', '-W', '1', client.address]);
  assert.equal((await ping()).code, 0);
  await node.powerOff();
  assert.notEqual((await ping()).code, 0);
  assert.notEqual((await cluster.neighbours[0].run('ping', ['-c', '1', '-W', '1', node.lanAddress])).code, 0);
  await assert.rejects(node.run('true', []), /powered off/);
  await node.powerOn();
  await namespace.untilPod('runs again', ({ status }) => status.containerStatuses?.[0]?.restartCount === 1);
});

test('the cluster: on the other LAN a node finds no gateway', async () => {
  const [node] = cluster.nodes;
  const ping = () => node.host.run('ping', ['-c', '1', '-W', '1', lan.gateway]);
  assert.equal((await ping()).code, 0);
  await cluster.lan.output('ip', ['link', 'set', node.name, 'master', 'elsewhere']);
  try {
    assert.notEqual((await ping()).code, 0);
  } finally {
    await cluster.lan.output('ip', ['link', 'set', node.name, 'master', 'lan']);
  }
  assert.equal((await ping()).code, 0);
});
