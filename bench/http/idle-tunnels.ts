import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { processTree } from '../load/cpu-time.ts';
import { compare } from '../statistics.ts';
import { contenders, type Work } from './bench-run.ts';
import { carriersOnly } from './contender.ts';
import type { RunningProxy, Stage } from './stage.ts';

/** Rounds beyond tell nothing new: memory varies little, and opening thousands of tunnels takes long. */
const mostRounds = 3;

/** Tunnels that are opened and closed first, so that what is there once for all is not counted. */
const first = 100;

/** Milliseconds for a proxy to give back what it needed for opening only. */
const rest = 2_000;

/** Memory of tunnels in which nothing happens. Every round starts the proxies anew. */
export const idleTunnels: Work = {
  name: 'idle-tunnel',
  title: 'memory of one idle tunnel',
  measure: async (run) => {
    const { stage, settings } = run;
    const [ours, ...peers] = contenders(run, carriersOnly).map((name) => ({ name, values: [] as number[] }));
    for (let round = 0; round < Math.min(settings.rounds, mostRounds); round++) {
      for (const { name, values } of [...(ours === undefined ? [] : [ours]), ...peers]) {
        await using proxy = await stage.startProxy(name);
        values.push(await memoryOfOne(stage, proxy, settings.idleTunnels));
      }
    }
    return peers.map((peer) => ({
      work: 'idle-tunnel',
      ...compare(peer.values.map((value, index) => ({ ours: ours?.values[index] ?? 0, peer: value }))),
      peerName: peer.name,
      unit: 'kB',
      better: 'lower',
      ...(peer.name === 'squid' ? { goal: { of: 'ours', bound: 'at most', value: 15 } as const } : {}),
    }));
  },
};

async function memoryOfOne(stage: Stage, proxy: RunningProxy, count: number): Promise<number> {
  const exchange = proxy.exchange({ via: 'tunnel', get: 'small' });
  const measure = async (tunnels: number) => {
    await stage.load.hold(exchange, tunnels);
    await delay(rest);
    const memory = readMemory(proxy.process.pid);
    await stage.load.release();
    return memory;
  };
  const before = await measure(first);
  return ((await measure(count)) - before) / (count - first);
}

/** Memory of a process and its descendants, in kB; what they share counts once (Pss of proc_pid_smaps_rollup). */
function readMemory(pid: number): number {
  return processTree(pid)
    .map((each) => Number(/^Pss:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${each}/smaps_rollup`, 'utf8'))?.[1]))
    .reduce((sum, each) => sum + each, 0);
}
