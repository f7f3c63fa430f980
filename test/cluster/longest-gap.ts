import type { SteadyAnswer } from './programs/steady-answer.ts';

/**
 * The longest time between two answers that followed one another, in milliseconds, the later of which came at `since` (milliseconds since 1970) or later.
 * Requests that failed are part of it. 0 for fewer than two answers.
 */
export function longestGap(answers: readonly SteadyAnswer[], since = 0): number {
  const times = answers
    .filter(({ source }) => source !== undefined)
    .map(({ ended }) => ended)
    .sort((left, right) => left - right);
  const gaps = times.map((time, index) => (time < since ? 0 : time - (times[index - 1] ?? time)));
  return Math.max(0, ...gaps);
}
