import { measureByTurns, throughputRow, type Work } from './bench-run.ts';
import type { RunningProxy } from './stage.ts';

const question = { via: 'absolute', get: 'small' } as const;
const load = { clients: 64, connection: 'kept' } as const;

/** What a second thread costs where there is no second core for it: ours with two workers against ours with one. */
export const workers: Work = {
  name: 'workers-2',
  title: 'forward GET of 1 kB by two workers that share the core, against one',
  measure: async ({ stage, settings }) => {
    const { warmUp, duration } = settings;
    await using started = new AsyncDisposableStack();
    const proxies: RunningProxy[] = [];
    for (const count of [2, 1]) {
      const proxy = started.use(await stage.startProxy('egress-router', { variables: { EGRESS_HTTP_PROXY_WORKERS: String(count) } }));
      proxies.push(proxy);
      await stage.run(proxy, question, { ...load, warmUp: settings.firstWarmUp, duration });
    }
    const [two, one] = await measureByTurns(proxies, settings.rounds, (proxy) => stage.run(proxy, question, { ...load, warmUp, duration }));
    if (two === undefined || one === undefined) return [];
    return [throughputRow(two, one, { work: 'workers-2', unit: 'requests/s', peerName: 'egress-router, 1 worker' })];
  },
};
