import type { Host } from '../../lab/host.ts';

/** Something that goes wrong in a router pod. */
export interface Fault {
  readonly title: string;
  inflict(router: Host): Promise<unknown>;
  /** Takes it back; undefined = `setup` puts it right. */
  undo?(router: Host): Promise<unknown>;
}

/** Connection tracking switched off by somebody else's ruleset. */
const notrack = `
table inet other {
  chain incoming {
    type filter hook prerouting priority raw
    notrack
  }
  chain outgoing {
    type filter hook output priority raw
    notrack
  }
}`;

/** The faults at which no packet may leave with another address than the source IP. */
export const faults: readonly Fault[] = [
  { title: 'macvlan0 is down', inflict: (router) => router.output('ip', ['link', 'set', 'macvlan0', 'down']) },
  {
    title: 'macvlan0 has no address',
    inflict: (router) => router.output('ip', ['address', 'flush', 'dev', 'macvlan0', 'scope', 'global']),
  },
  {
    title: 'the nft table is deleted',
    inflict: (router) => router.output('nft', ['delete', 'table', 'inet', 'egress_router']),
  },
  { title: 'connection tracking is flushed', inflict: (router) => router.output('conntrack', ['-F']), undo: async () => {} },
  {
    title: 'somebody else switches connection tracking off',
    inflict: (router) => router.output('nft', ['-f', '-'], { input: notrack }),
    undo: (router) => router.output('nft', ['delete', 'table', 'inet', 'other']),
  },
  {
    title: 'the routes to the gateway are gone',
    inflict: (router) => router.output('sh', ['-c', 'for family in -4 -6; do ip $family route flush table 17746 type unicast; done']),
  },
];

/**
 * Takes away all that keeps packets in: policy rules and tables. What the pod sends then leaks.
 */
export async function leakOnPurpose(router: Pick<Host, 'output'>): Promise<void> {
  const script = `
    for family in -4 -6; do
      for priority in $(ip $family rule | sed -n 's/^\\(177[34][0-9]\\):.*/\\1/p'); do ip $family rule delete priority $priority; done
    done
    nft delete table inet egress_router 2>/dev/null || true`;
  await router.output('sh', ['-e', '-c', script]);
}
