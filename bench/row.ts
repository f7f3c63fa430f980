import type { Comparison } from './statistics.ts';

/** A line of the result. With `work`, `peerName`, `unit` and `better` it says all that a program needs; the rest is for people. */
export interface Row extends Comparison {
  readonly work: string;
  readonly peerName: string;
  readonly unit: string;
  readonly better: 'higher' | 'lower';
  /** How much of its core each had, in the round with the least; absent where the proxy was not to be saturated. */
  readonly busy?: { readonly ours: number; readonly peer: number };
  /** CPU time of the proxy for one `per`, in microseconds: the median of the rounds. Does not depend on what else the machine does. */
  readonly cpu?: Comparison & { readonly per: string };
  readonly goal?: Goal;
}

/** What was promised: a bound of the ratio, or of our own value. */
export interface Goal {
  readonly of: 'ratio' | 'ours';
  readonly bound: 'at least' | 'at most';
  readonly value: number;
}

/** From this share of its core on a proxy counts as saturated; the rest is what the kernel does on behalf of nobody. */
const saturated = 0.95;

/** Whether the figure is what the two proxies can do: both had no time left. undefined = that was not the question. */
export function isSaturated({ busy }: Row): boolean | undefined {
  return busy && busy.ours >= saturated && busy.peer >= saturated;
}

/** Whether the row keeps its goal; undefined = there is none. */
export function isMet(row: Row): boolean | undefined {
  if (row.goal === undefined) return undefined;
  const { of, bound, value } = row.goal;
  return bound === 'at least' ? row[of] >= value : row[of] <= value;
}

/** The goal as a few characters: `>= 1.5x`, `<= 15 kB`. */
export function formatGoal({ goal, unit }: Row): string {
  if (goal === undefined) return '';
  const sign = goal.bound === 'at least' ? '>=' : '<=';
  return goal.of === 'ratio' ? `${sign} ${goal.value}x` : `${sign} ${goal.value} ${unit}`;
}
