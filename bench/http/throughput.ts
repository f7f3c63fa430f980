import type { RequestLoad } from '../load/order.ts';
import type { Goal } from '../row.ts';
import { contenders, measureByTurns, type ThroughputLabels, throughputRow, type Work } from './bench-run.ts';
import type { ContenderName } from './contender.ts';
import type { ProxyOptions, Question } from './stage.ts';

/** A load that gives a proxy all that it can carry. */
export interface Throughput {
  readonly name: string;
  readonly title: string;
  readonly question: Question;
  readonly clients: number;
  readonly connection: RequestLoad['connection'];
  readonly unit: ThroughputLabels['unit'];
  readonly goal?: Goal;
  /** Who is not asked; default: nobody. */
  readonly unable?: readonly ContenderName[];
  /** How ours is started. */
  readonly ours?: ProxyOptions;
}

/** The work that measures it. */
export function throughput(what: Throughput): Work {
  const { name, title, question, clients, connection, unit, goal, unable, ours = {} } = what;
  return {
    name,
    title,
    measure: async (run) => {
      const { stage, settings } = run;
      await using started = new AsyncDisposableStack();
      const proxies = [];
      for (const [index, each] of contenders(run, unable).entries()) {
        const proxy = started.use(await stage.startProxy(each, index === 0 ? ours : {}));
        proxies.push(proxy);
        await stage.run(proxy, question, { clients, connection, warmUp: settings.firstWarmUp, duration: settings.duration });
      }
      const { warmUp, duration } = settings;
      const [first, ...others] = await measureByTurns(proxies, settings.rounds, (proxy) =>
        stage.run(proxy, question, { clients, connection, warmUp, duration }),
      );
      if (first === undefined) return [];
      return others.map((peer) =>
        throughputRow(first, peer, {
          work: name,
          unit,
          peerName: peer.proxy.name,
          ...(goal?.of === 'ratio' && peer.proxy.name === 'squid' ? { goal } : {}),
        }),
      );
    },
  };
}
