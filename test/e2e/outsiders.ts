import assert from 'node:assert/strict';
import { addresses, type Family, hostPrefix } from '../../lab/addresses.ts';
import type { Lab } from '../../lab/lab.ts';
import type { Mode } from '../../src/config/router-config.ts';
import { formatAnswer, knock } from './knock.ts';
import { healthPort, webPort } from './router-pod.ts';

/** Shows that a host of the LAN and one further away get a reset for TCP and nothing for UDP, and that the pod is no router for them. */
export async function proveOutsiders(lab: Lab, mode: Mode): Promise<void> {
  const { families } = lab.settings;
  const ports = [...new Set([...families.map((family) => webPort(mode, family)), 7, 22, healthPort])];
  const opened = families.flatMap((family) =>
    ports.map((port) => ({ protocol: 'tcp' as const, address: addresses[family].lan.source, port })),
  );
  const sent = families.flatMap((family) =>
    [7, 53, 5353].map((port) => ({ protocol: 'udp' as const, address: addresses[family].lan.source, port })),
  );
  const expected = [
    ...opened.map((target) => formatAnswer(target, 'ECONNREFUSED')),
    ...sent.map((target) => formatAnswer(target, 'silent')),
  ];
  for (const name of ['lanHost', 'outside'] as const) {
    assert.deepEqual(await knock(lab.host(name), [...opened, ...sent]), expected, `from ${name}`);
  }

  // Whoever knows the source IP's MAC address can send it packets for any other.
  const beyond = families.flatMap((family) => behindRouter(family));
  const lanHost = lab.host('lanHost');
  for (const { family, address } of beyond) {
    const { source } = addresses[family].lan;
    await lanHost.output('ip', ['route', 'add', hostPrefix(address), 'via', source]);
  }
  await countArrivals(lab);
  const targets = beyond.flatMap(({ address }) => {
    const tcp = ports.map((port) => ({ protocol: 'tcp' as const, address, port }));
    return [...tcp, { protocol: 'udp' as const, address, port: 7 }];
  });
  assert.deepEqual(
    await knock(lanHost, targets),
    targets.map((target) => formatAnswer(target, 'silent')),
  );
  const arrived = JSON.parse(await lab.host('router').output('nft', ['-j', 'list', 'counter', 'inet', 'arrivals', 'seen'])).nftables[1]
    .counter.packets;
  assert.ok(arrived >= targets.length, `only ${arrived} of ${targets.length} packets came to the router`);
}

/** The pod itself, a client behind it, and the server that it leads to. */
function behindRouter(family: Family): { family: Family; address: string }[] {
  const { subnet, outside } = addresses[family];
  return [subnet.router, subnet.client, outside.servers[0]].map((address) => ({ family, address }));
}

/** Counts what arrives by macvlan0 before anything else looks at it: silence proves nothing if nothing came. */
async function countArrivals(lab: Lab): Promise<void> {
  const addressesOf = (family: Family) => behindRouter(family).map(({ address }) => address);
  const ruleset = `
table inet arrivals {
  counter seen { }
  chain arrivals {
    type filter hook prerouting priority -500
    iifname macvlan0 ip daddr { ${addressesOf('ipv4').join(', ')} } counter name seen
    iifname macvlan0 ip6 daddr { ${addressesOf('ipv6').join(', ')} } counter name seen
  }
}`;
  await lab.host('router').output('nft', ['-f', '-'], { input: ruleset });
}
