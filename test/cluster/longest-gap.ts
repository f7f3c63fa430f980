import type { SteadyAnswer } from './programs/steady-answer.ts';

/** The longest time between two answers that followed one another, in milliseconds; requests that failed are part of it. 0 for fewer than two answers. */
export function longestGap(answers: readonly SteadyAnswer[]): number {
  const times = answers
    .filter(({ source }) => source !== undefined)
    .map(({ ended }) => ended)
    .sort((left, right) => left - right);
  return times.reduce((longest, time, index) => Math.max(longest, time - (times[index - 1] ?? time)), 0);
}
