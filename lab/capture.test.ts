import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { addresses } from './addresses.ts';
import { capture } from './capture.ts';
import { buildLab } from './lab.ts';
import { sendSctp } from './sctp.ts';

describe('capture', () => {
  test('capture: flush waits for all that was sent before it', async () => {
    await using lab = await buildLab();
    await using watching = await capture(lab.host('node'), { iface: 'veth-client', filter: 'icmp' });
    await lab.host('client').run('ping', ['-c', '500', '-f', '-n', addresses.ipv4.subnet.gateway]);
    const packets = await watching.stop();
    assert.equal(packets.filter(({ icmpType, isOwn }) => icmpType === 8 && !isOwn).length, 500);
    assert.equal(packets.filter(({ icmpType, isOwn }) => icmpType === 0 && isOwn).length, 500);
  });

  test('capture: goes on after its interface was down', async () => {
    await using lab = await buildLab();
    const router = lab.host('router');
    await router.output('ip', ['link', 'set', 'macvlan0', 'up']);
    await using watching = await capture(router, { iface: 'macvlan0', filter: 'arp' });
    await router.output('ip', ['link', 'set', 'macvlan0', 'down']);
    await watching.flush();
    await router.output('ip', ['link', 'set', 'macvlan0', 'up']);
    await router.run('arping', ['-c1', '-w1', '-D', '-I', 'macvlan0', addresses.ipv4.lan.gateway]);
    const probe = await watching.until(({ flags }) => flags === 'request');
    assert.deepEqual([probe.source, probe.destination], ['0.0.0.0', addresses.ipv4.lan.gateway]);
  });

  test('capture: an interface that is not there is an error that names it', async () => {
    await using lab = await buildLab();
    await assert.rejects(capture(lab.host('node'), { iface: 'absent0' }), /absent0/);
  });
});

describe('sendSctp', () => {
  for (const family of ['ipv4', 'ipv6'] as const) {
    test(`sendSctp: the packet arrives, masqueraded by the node, with ports and a checksum that conntrack believes, ${family}`, async () => {
      await using lab = await buildLab({ family });
      const [to] = addresses[family].outside.servers;
      await using watching = await capture(lab.host('outside'), { iface: 'eth0' });
      await sendSctp(lab.host('client'), { to, sourcePort: 4000, destinationPort: 5000 });
      const packet = await watching.until(({ protocol }) => protocol === 'sctp');
      assert.deepEqual([packet.source, packet.destinationPort], [lab.nodeAddress(family), 5000]);
    });
  }
});
