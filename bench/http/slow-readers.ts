import type { Sample } from '../load/order.ts';
import type { Row } from '../row.ts';
import { comparePair, contenders, type Measured, measureByTurns, throughputRow, type Work } from './bench-run.ts';
import { carriersOnly } from './contender.ts';
import type { RunningProxy, Stage } from './stage.ts';

const question = { via: 'absolute', get: 'small' } as const;
const quick = { clients: 48, connection: 'kept' } as const;
const slow = { clients: 16, pace: { bytes: 16_384, wait: 50 } } as const;

/** The 48 that read at once, alone and beside the others. */
interface Both {
  readonly alone: Sample;
  readonly beside: Sample;
}

/** What the others notice of clients that read slowly: those ask for 1 MB each and take 320 kB/s. */
export const slowReaders: Work = {
  name: 'slow-readers',
  title: '64 clients of which 16 read slowly: the other 48, against a run without slow ones',
  measure: async (run) => {
    const { stage, settings } = run;
    const { warmUp, duration } = settings;
    await using started = new AsyncDisposableStack();
    const proxies: RunningProxy[] = [];
    for (const name of contenders(run, carriersOnly)) {
      const proxy = started.use(await stage.startProxy(name));
      proxies.push(proxy);
      await stage.run(proxy, question, { ...quick, warmUp: settings.firstWarmUp, duration });
    }
    const measured = await measureByTurns(proxies, settings.rounds, async (proxy) => ({
      alone: await stage.run(proxy, question, { ...quick, warmUp, duration }),
      beside: await besideSlowOnes(stage, proxy, () => stage.run(proxy, question, { ...quick, warmUp, duration })),
    }));
    const [ours, ...peers] = measured;
    return ours === undefined ? [] : [...ownRows(ours), ...peers.flatMap((peer) => peerRows(ours, peer))];
  },
};

async function besideSlowOnes(stage: Stage, proxy: RunningProxy, measure: () => Promise<Sample>): Promise<Sample> {
  await stage.load.readSlowly(proxy.exchange({ via: 'absolute', get: 'large' }), slow.clients, slow.pace);
  const sample = await measure();
  await stage.load.release();
  return sample;
}

function ownRows(ours: Measured<Both>): Row[] {
  const [beside, alone] = [pick(ours, 'beside'), pick(ours, 'alone')];
  const peerName = 'egress-router, no slow readers';
  return [
    throughputRow(beside, alone, { work: 'slow-readers-own', unit: 'requests/s', peerName }),
    { work: 'slow-readers-own-p99', unit: 'ms', peerName, better: 'lower', ...comparePair(beside, alone, ({ p99 }) => p99) },
  ];
}

function peerRows(ours: Measured<Both>, peer: Measured<Both>): Row[] {
  const [mine, theirs] = [pick(ours, 'beside'), pick(peer, 'beside')];
  const peerName = peer.proxy.name;
  return [
    throughputRow(mine, theirs, { work: 'slow-readers', unit: 'requests/s', peerName }),
    { work: 'slow-readers-p99', unit: 'ms', peerName, better: 'lower', ...comparePair(mine, theirs, ({ p99 }) => p99) },
  ];
}

function pick({ proxy, rounds }: Measured<Both>, which: keyof Both): Measured<Sample> {
  return { proxy, rounds: rounds.map((round) => round[which]) };
}
