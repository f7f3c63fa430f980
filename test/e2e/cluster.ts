import assert from 'node:assert/strict';
import { addresses } from '../../lab/addresses.ts';
import type { Lab } from '../../lab/lab.ts';
import { apiPort } from '../../lab/plan-cluster.ts';
import { serve } from '../../lab/serve.ts';
import { formatAnswer, knock } from './knock.ts';
import type { Target } from './programs/knock.ts';
import { readiness } from './readiness.ts';
import { serverName } from './requests.ts';

/**
 * Shows that what the pod needs of its cluster is reached by `eth0`, that nothing else of it is, and that the node's probes are answered.
 * The lab's nameserver must know the server's names.
 */
export async function proveCluster(lab: Lab): Promise<void> {
  const { families } = lab.settings;
  const [first = 'ipv4'] = families;
  await using api = await serve(lab.host('api'), [{ kind: 'tcp-echo', port: apiPort }]);
  await using listed = await serve(lab.host('otherClient'), [{ kind: 'tcp-echo', port: 7 }]);
  await using unlisted = await serve(lab.host('client'), [{ kind: 'tcp-echo', port: 7 }]);

  const wanted: Target[] = [
    { protocol: 'tcp', address: addresses[first].service.api, port: 443 },
    ...families.map((family) => ({ protocol: 'tcp' as const, address: addresses[family].otherSubnet.client, port: 7 })),
  ];
  const unwanted = families.map((family) => ({ protocol: 'tcp' as const, address: addresses[family].subnet.client, port: 7 }));
  const answers = await knock(lab.host('router'), [...wanted, ...unwanted]);
  assert.deepEqual(
    answers.slice(0, wanted.length),
    wanted.map((target) => formatAnswer(target, 'open')),
  );
  const podAddresses = families.map((family) => addresses[family].subnet.router);
  // The client's kernel has a connection before the server's process knows of it.
  await api.see(() => true);
  for (const address of podAddresses) await listed.see(({ source }) => source === address);
  const seen = [...api.seen, ...listed.seen].map(({ source }) => source);
  assert.deepEqual(seen.sort(), [addresses[first].subnet.router, ...podAddresses].sort());
  // It may be reached by macvlan0, like any destination; with the pod's address it must not.
  const seenByUnlisted = unlisted.seen.map(({ source }) => source);
  assert.deepEqual(
    seenByUnlisted.filter((source) => podAddresses.includes(source)),
    [],
  );

  for (const family of families) {
    const query = [
      '+short',
      '+tries=1',
      '+time=2',
      `@${addresses[family].service.dns}`,
      serverName(family),
      family === 'ipv4' ? 'A' : 'AAAA',
    ];
    for (const transport of ['+notcp', '+tcp']) {
      const answer = await lab.host('router').output('dig', [transport, ...query]);
      assert.equal(answer.trim(), addresses[family].outside.servers[0]);
    }
    assert.deepEqual(await readiness(lab, family), { status: 200, reasons: [] });
  }
}
