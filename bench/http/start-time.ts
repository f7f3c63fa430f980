import { compare } from '../statistics.ts';
import { contenders, type Work } from './bench-run.ts';

/** From the start of the process to its first right answer. Every round starts the proxies anew. */
export const startTime: Work = {
  name: 'start',
  title: 'start to first answer',
  measure: async (run) => {
    const { stage, settings } = run;
    const [ours, ...peers] = contenders(run).map((name) => ({ name, values: [] as number[] }));
    for (let round = 0; round < settings.rounds; round++) {
      for (const { name, values } of [...(ours === undefined ? [] : [ours]), ...peers]) {
        await using proxy = await stage.startProxy(name);
        values.push(proxy.startTime);
      }
    }
    return peers.map((peer) => ({
      work: 'start',
      ...compare(peer.values.map((value, index) => ({ ours: ours?.values[index] ?? 0, peer: value }))),
      peerName: peer.name,
      unit: 'ms',
      better: 'lower',
    }));
  },
};
