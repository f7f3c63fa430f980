/** What one round measured of each of the two that are compared. */
export interface Pair {
  readonly ours: number;
  readonly peer: number;
}

/** What all rounds say together. */
export interface Comparison extends Pair {
  /** Ours divided by the peer's: the median of the rounds' ratios. */
  readonly ratio: number;
  /** The smallest and the largest ratio of a round. */
  readonly spread: readonly [number, number];
}

/** The middle value, or the mean of the middle two. @throws RangeError when there is none */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const upper = sorted[Math.floor(sorted.length / 2)];
  const lower = sorted[Math.floor((sorted.length - 1) / 2)];
  if (upper === undefined || lower === undefined) throw new RangeError('the median of nothing');
  return (lower + upper) / 2;
}

/**
 * The smallest value that so many of all are not above, by nearest rank.
 * @param sorted ascending
 * @param share above 0, at most 1; 0.99 = the 99th percentile
 * @throws RangeError when there is none
 */
export function percentile(sorted: ArrayLike<number>, share: number): number {
  const value = sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)];
  if (value === undefined) throw new RangeError('a percentile of nothing');
  return value;
}

/**
 * Compares round by round: what disturbs the machine for longer than a round disturbs both, and leaves the ratio alone.
 * @throws RangeError when there is no round
 */
export function compare(rounds: readonly Pair[]): Comparison {
  const ratios = rounds.map(({ ours, peer }) => ours / peer);
  return {
    ours: median(rounds.map(({ ours }) => ours)),
    peer: median(rounds.map(({ peer }) => peer)),
    ratio: median(ratios),
    spread: [Math.min(...ratios), Math.max(...ratios)],
  };
}
