import type { Sample } from '../load/order.ts';
import type { Row } from '../row.ts';
import { comparePair, contenders, type Measured, measureByTurns, throughputRow, type Work } from './bench-run.ts';
import { carriersOnly } from './contender.ts';
import { makeRuleList } from './rule-list.ts';
import type { RunningProxy } from './stage.ts';

const sizes = [1, 1_000, 10_000] as const;
const question = { via: 'absolute', get: 'small' } as const;
const load = { clients: 64, connection: 'kept' } as const;

/** CPU time of a request, in microseconds. */
const cpuTime = ({ cpuSeconds, requests }: Sample) => (1e6 * cpuSeconds) / requests;

/** Long lists against short ones: everybody with each list, by turns. */
export const rules: Work = {
  name: 'rules',
  title: '1,000 and 10,000 rules (names, wildcards, prefixes; the last one allows) against 1 rule',
  measure: async (run) => {
    const { stage, settings } = run;
    await using started = new AsyncDisposableStack();
    const proxies: RunningProxy[] = [];
    for (const name of contenders(run, carriersOnly)) {
      for (const size of sizes) {
        const proxy = started.use(await stage.startProxy(name, { rules: makeRuleList(size, stage.originName) }));
        proxies.push(proxy);
        await stage.run(proxy, question, { ...load, warmUp: settings.firstWarmUp, duration: settings.duration });
      }
    }
    const { warmUp, duration } = settings;
    const measured = await measureByTurns(proxies, settings.rounds, (proxy) => stage.run(proxy, question, { ...load, warmUp, duration }));
    const [ours, ...peers] = groupsOf(measured, sizes.length);
    return ours === undefined ? [] : [...ownRows(ours), ...peers.flatMap((peer) => peerRows(ours, peer))];
  },
};

/** What a longer list costs us. */
function ownRows(ours: readonly Measured<Sample>[]): Row[] {
  const [single] = ours;
  return sizes.flatMap((size, index) => {
    const listed = ours[index];
    if (single === undefined || listed === undefined || size === 1) return [];
    return [
      {
        work: `rules-${size}-cpu`,
        ...comparePair(listed, single, cpuTime),
        peerName: 'egress-router, 1 rule',
        unit: 'us/request',
        better: 'lower' as const,
        ...(size === 10_000 ? { goal: { of: 'ratio', bound: 'at most', value: 1.05 } as const } : {}),
      },
    ];
  });
}

/** Us and the peer with the same list, and how each has grown from one rule. */
function peerRows(ours: readonly Measured<Sample>[], peer: readonly Measured<Sample>[]): Row[] {
  return sizes.flatMap((size, index) => {
    const [mine, theirs] = [ours[index], peer[index]];
    if (mine === undefined || theirs === undefined) return [];
    const peerName = theirs.proxy.name;
    const row = throughputRow(mine, theirs, { work: `rules-${size}`, unit: 'requests/s', peerName });
    if (size === 1) return [row];
    const growth = { work: `rules-${size}-growth`, unit: 'x CPU of 1 rule', peerName, better: 'lower' as const };
    return [row, { ...growth, ...comparePair(growthOf(mine, ours[0]), growthOf(theirs, peer[0]), (factor) => factor) }];
  });
}

/** CPU time with the list divided by that with one rule, round by round. */
function growthOf(listed: Measured<Sample>, single: Measured<Sample> = listed): Measured<number> {
  return {
    proxy: listed.proxy,
    rounds: listed.rounds.map((sample, index) => cpuTime(sample) / cpuTime(single.rounds[index] ?? sample)),
  };
}

function groupsOf<Value>(values: readonly Value[], size: number): Value[][] {
  return Array.from({ length: values.length / size }, (_, index) => values.slice(index * size, (index + 1) * size));
}
