import { comparePair, contenders, measureByTurns, type Work } from './bench-run.ts';
import { carriersOnly } from './contender.ts';
import type { RunningProxy } from './stage.ts';

const question = { via: 'absolute', get: 'small' } as const;
const load = { clients: 64, connection: 'kept' } as const;

/** Times to answer at a rate that everybody can carry: half of what the slowest can. */
export const latency: Work = {
  name: 'latency',
  title: 'p50 and p99 at half load, from when a request was due',
  measure: async (run) => {
    const { stage, settings, say } = run;
    const { warmUp, duration } = settings;
    await using started = new AsyncDisposableStack();
    const proxies: RunningProxy[] = [];
    const capacities: number[] = [];
    for (const name of contenders(run, carriersOnly)) {
      const proxy = started.use(await stage.startProxy(name));
      proxies.push(proxy);
      const { requests, seconds } = await stage.run(proxy, question, { ...load, warmUp: settings.firstWarmUp, duration });
      capacities.push(requests / seconds);
    }
    const rate = Math.floor(Math.min(...capacities) / 2);
    say(`${rate} requests/s, half of what the slowest carries`);
    const [ours, ...peers] = await measureByTurns(proxies, settings.rounds, (proxy) =>
      stage.run(proxy, question, { ...load, warmUp, duration, rate }),
    );
    if (ours === undefined) return [];
    return peers.flatMap((peer) => {
      const common = { peerName: peer.proxy.name, unit: 'ms', better: 'lower' } as const;
      return [
        { work: 'latency-p50', ...common, ...comparePair(ours, peer, ({ p50 }) => p50) },
        {
          work: 'latency-p99',
          ...common,
          ...comparePair(ours, peer, ({ p99 }) => p99),
          ...(peer.proxy.name === 'squid' ? { goal: { of: 'ratio', bound: 'at most', value: 1 } as const } : {}),
        },
      ];
    });
  },
};
