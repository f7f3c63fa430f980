import { addresses, withLength } from './addresses.ts';
import type { LabSettings } from './options.ts';
import { addressLine, type HostPlan, type LabPlan, planHost, scaffoldSysctls } from './plan.ts';

/**
 * Everything beyond the node: the LAN's switch and its other host, the gateway, the transit router and the outside.
 * Pod addresses are routed back, so that a packet that leaks with one arrives and is seen.
 */
export function planOutside({ families, macvlanParent, transitMtu }: LabSettings): LabPlan {
  const each = (lines: (family: (typeof families)[number]) => string[]) => families.flatMap(lines);
  const dedicated = macvlanParent === 'dedicated';

  const lan = planHost('lan', {
    sysctls: [['ipv6/conf/default/disable_ipv6', 1]],
    ip: [
      'link add br0 type bridge forward_delay 0 mcast_snooping 0',
      'link set br0 up',
      ...['node', 'gateway', 'lanhost'].map((port) => `link set ${port} up master br0`),
    ],
  });
  const lanHost = planHost('lanHost', {
    sysctls: scaffoldSysctls(false),
    ip: [
      'link set eth0 up',
      ...each((family) => {
        const { lan } = addresses[family];
        return [addressLine(withLength(lan.lanHost, lan.prefix), 'eth0'), `route add default via ${lan.gateway}`];
      }),
    ],
  });
  const gateway = planHost('gateway', {
    sysctls: scaffoldSysctls(true),
    ip: [
      'link set lan0 up',
      'link set transit0 up',
      ...(dedicated ? ['link set nodes0 up'] : []),
      ...each((family) => {
        const { lan, nodeNetwork, transit, cluster } = addresses[family];
        return [
          addressLine(withLength(lan.gateway, lan.prefix), 'lan0'),
          addressLine(withLength(transit.gateway, transit.prefix), 'transit0'),
          `route add default via ${transit.transit}`,
          ...(dedicated ? [addressLine(withLength(nodeNetwork.gateway, nodeNetwork.prefix), 'nodes0')] : []),
          `route add ${cluster.pods} via ${dedicated ? nodeNetwork.node : lan.node}`,
        ];
      }),
    ],
  });
  const transit = planHost('transit', {
    sysctls: scaffoldSysctls(true),
    ip: [
      'link set gateway0 up',
      'link set outside0 up',
      ...each((family) => {
        const { outside, transit } = addresses[family];
        return [
          addressLine(withLength(transit.transit, transit.prefix), 'gateway0'),
          addressLine(withLength(outside.gateway, outside.prefix), 'outside0'),
          `route add default via ${transit.gateway}`,
        ];
      }),
    ],
  });
  const outside = planHost('outside', {
    sysctls: scaffoldSysctls(false),
    ip: [
      'link set eth0 up',
      ...each((family) => {
        const { outside } = addresses[family];
        return [
          ...outside.servers.map((address) => addressLine(withLength(address, outside.prefix), 'eth0')),
          `route add default via ${outside.gateway}`,
        ];
      }),
    ],
  });

  const hosts: HostPlan[] = [lan, lanHost, gateway, transit, outside];
  return {
    hosts,
    veths: [
      {
        mtu: 1500,
        ends: [
          { host: 'lan', name: 'node' },
          { host: 'node', name: 'ext0' },
        ],
      },
      {
        mtu: 1500,
        ends: [
          { host: 'lan', name: 'gateway' },
          { host: 'gateway', name: 'lan0' },
        ],
      },
      {
        mtu: 1500,
        ends: [
          { host: 'lan', name: 'lanhost' },
          { host: 'lanHost', name: 'eth0' },
        ],
      },
      {
        mtu: transitMtu,
        ends: [
          { host: 'gateway', name: 'transit0' },
          { host: 'transit', name: 'gateway0' },
        ],
      },
      {
        mtu: 1500,
        ends: [
          { host: 'transit', name: 'outside0' },
          { host: 'outside', name: 'eth0' },
        ],
      },
      ...(dedicated
        ? [
            {
              mtu: 1500,
              ends: [
                { host: 'gateway', name: 'nodes0' },
                { host: 'node', name: 'uplink0' },
              ],
            } as const,
          ]
        : []),
    ],
    macvlans: [],
  };
}
