import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { addresses, type Family } from './addresses.ts';
import { buildLab, type Lab } from './lab.ts';
import { watchLeaks } from './watch-leaks.ts';

const ping = (lab: Lab, host: 'router' | 'client' | 'node', ...args: string[]) => lab.host(host).run('ping', ['-c1', '-W1', '-n', ...args]);

describe('watchLeaks', () => {
  for (const macvlanParent of ['dedicated', 'primary'] as const) {
    test(`watchLeaks: packets from the source IP are seen and are no leaks, on a ${macvlanParent} parent`, async () => {
      await using lab = await buildLab({ family: 'dual', macvlanState: 'multus', macvlanParent });
      await addressUsable(lab);
      await using watch = await watchLeaks(lab);
      for (const family of lab.settings.families) {
        const { outside, subnet } = addresses[family];
        assert.equal((await ping(lab, 'router', outside.servers[0])).code, 0);
        assert.equal((await ping(lab, 'router', subnet.client)).code, 0);
        assert.equal((await ping(lab, 'node', subnet.router)).code, 0);
        assert.equal((await ping(lab, 'client', outside.servers[0])).code, 0);
      }
      const { seen, leaks } = await watch.stop();
      assert.deepEqual(leaks.map(summary), []);
      assert.deepEqual(
        [...new Set(seen.map(summary))].sort(),
        lab.settings.families.flatMap((family) => ['lan node', 'outside eth0'].map((wire) => `${wire} ${requestOf(family)}`)).sort(),
      );
    });
  }

  for (const family of ['ipv4', 'ipv6'] as const) {
    test(`watchLeaks: a deliberate leak by the pod network is caught, ${family}`, async () => {
      await using lab = await buildLab({ family });
      await using watch = await watchLeaks(lab);
      const { outside, subnet, lan } = addresses[family];
      assert.equal((await ping(lab, 'router', outside.servers[0])).code, 0);
      assert.equal((await ping(lab, 'router', lan.lanHost)).code, 0);
      const { leaks } = await watch.stop();
      assert.deepEqual(
        leaks.map((packet) => [packet.host, packet.iface, packet.source, packet.destination]),
        [outside.servers[0], lan.lanHost].map((to) => ['node', 'veth-router', subnet.router, to]),
      );
    });

    test(`watchLeaks: a packet with the address of the pod on the LAN is caught, ${family}`, async () => {
      await using lab = await buildLab({ family, macvlanState: 'multus' });
      await addressUsable(lab);
      await using watch = await watchLeaks(lab);
      const { outside, subnet } = addresses[family];
      await ping(lab, 'router', '-I', subnet.router, outside.servers[0]);
      const { leaks } = await watch.stop();
      assert.deepEqual(
        leaks.map(({ host, source }) => [host, source]),
        [
          ['lan', subnet.router],
          ['outside', subnet.router],
        ],
      );
    });
  }
});

/** IPv6 addresses of the router go through duplicate address detection. */
async function addressUsable(lab: Lab): Promise<void> {
  const tentative = ['-6', '-o', 'address', 'show', 'dev', 'macvlan0', 'tentative'];
  while ((await lab.host('router').output('ip', tentative)) !== '');
}

function summary({ host, iface, source, destination }: { host: string; iface: string; source: string; destination: string }): string {
  return `${host} ${iface} ${source} > ${destination}`;
}

function requestOf(family: Family): string {
  return `${addresses[family].lan.source} > ${addresses[family].outside.servers[0]}`;
}
