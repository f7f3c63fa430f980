import type { Sample } from '../load/order.ts';
import type { Goal, Row } from '../row.ts';
import { type Comparison, compare } from '../statistics.ts';
import type { ContenderName } from './contender.ts';
import type { RunningProxy, Stage } from './stage.ts';

/** How thorough the run is. */
export interface RunSettings {
  readonly rounds: number;
  /** Milliseconds that a sample takes. */
  readonly duration: number;
  /** Milliseconds of load before a sample. */
  readonly warmUp: number;
  /** Milliseconds of load on a proxy before its first round, for what it compiles. */
  readonly firstWarmUp: number;
  /** Tunnels that are left idle. */
  readonly idleTunnels: number;
  /** Whom to compare with, in this order. */
  readonly peers: readonly ContenderName[];
}

/** What every work needs. */
export interface BenchRun {
  readonly stage: Stage;
  readonly settings: RunSettings;
  /** Says what is going on, to people. */
  readonly say: (text: string) => void;
}

/** One thing to measure. */
export interface Work {
  readonly name: string;
  /** In words. */
  readonly title: string;
  readonly measure: (run: BenchRun) => Promise<Row[]>;
}

/** A proxy and what each round said about it. */
export interface Measured<Value> {
  readonly proxy: RunningProxy;
  readonly rounds: readonly Value[];
}

/** Ours, then each of the peers that can do it. */
export function contenders({ settings }: BenchRun, unable: readonly ContenderName[] = []): ContenderName[] {
  return ['egress-router', ...settings.peers.filter((name) => !unable.includes(name))];
}

/**
 * Measures all proxies by turns, A B A B, so that what disturbs the machine disturbs both.
 * @throws Error naming the proxy that failed
 */
export async function measureByTurns<Value>(
  proxies: readonly RunningProxy[],
  rounds: number,
  measure: (proxy: RunningProxy) => Promise<Value>,
): Promise<Measured<Value>[]> {
  const results = proxies.map((proxy) => ({ proxy, rounds: [] as Value[] }));
  for (let round = 0; round < rounds; round++) {
    for (const result of results) result.rounds.push(await naming(result.proxy, measure(result.proxy)));
  }
  return results;
}

async function naming<Value>(proxy: RunningProxy, measuring: Promise<Value>): Promise<Value> {
  try {
    return await measuring;
  } catch (error) {
    throw new Error(`${proxy.name}: ${error instanceof Error ? error.message : error}`, { cause: error });
  }
}

/** Compares the values that `value` finds in the rounds of the two. */
export function comparePair<Value>(ours: Measured<Value>, peer: Measured<Value>, value: (round: Value) => number): Comparison {
  return compare(
    ours.rounds.flatMap((round, index) => {
      const other = peer.rounds[index];
      return other === undefined ? [] : [{ ours: value(round), peer: value(other) }];
    }),
  );
}

/** What rows of throughput have in common besides their figures. */
export interface ThroughputLabels {
  readonly work: string;
  readonly unit: 'requests/s' | 'tunnels/s' | 'MB/s';
  readonly peerName: string;
  readonly goal?: Goal;
}

/** A row of throughput, with how busy the proxies were and what one answer, or one megabyte, costs them. */
export function throughputRow(ours: Measured<Sample>, peer: Measured<Sample>, labels: ThroughputLabels): Row {
  const count = ({ requests, bytes }: Sample) => (labels.unit === 'MB/s' ? bytes / 1e6 : requests);
  const leastBusy = ({ rounds }: Measured<Sample>) => Math.min(...rounds.map(({ cpuSeconds, seconds }) => cpuSeconds / seconds));
  return {
    ...labels,
    ...comparePair(ours, peer, (sample) => count(sample) / sample.seconds),
    better: 'higher',
    busy: { ours: leastBusy(ours), peer: leastBusy(peer) },
    cpu: {
      ...comparePair(ours, peer, (sample) => (1e6 * sample.cpuSeconds) / count(sample)),
      per: labels.unit === 'MB/s' ? 'MB' : labels.unit === 'tunnels/s' ? 'tunnel' : 'request',
    },
  };
}
