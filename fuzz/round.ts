import fc from 'fast-check';
import { type Invariant, ViolationError } from './invariant.ts';
import type { Stage } from './stage.ts';
import type { Target } from './target.ts';

/** Something did not hold. */
export interface Finding {
  readonly invariant: Invariant;
  readonly message: string;
  /** What brings it about again, and the smallest case that was found, as JSON; undefined for what builds up over many cases. */
  readonly reproducer:
    | { readonly target: string; readonly seed: number; readonly path: string | undefined; readonly played: string }
    | undefined;
}

/** Which cases are played. */
export interface RoundOptions {
  readonly seed: number;
  /** One case alone, as a finding names it; undefined = a row of them. */
  readonly path: string | undefined;
  /** For making a finding smaller, in milliseconds. */
  readonly shrinkTime: number;
}

/** Cases in one round. */
export const roundSize = 50;

/** Plays one round of a target: the same cases for the same seed, until one of them breaks an invariant; that is then made smaller. */
export async function playRound<Case>(
  stage: Stage,
  target: Target<Case>,
  { seed, path, shrinkTime }: RoundOptions,
): Promise<{ readonly cases: number; readonly finding: Finding | undefined }> {
  let cases = 0;
  let failedAt: number | undefined;
  let smallest: ViolationError | undefined;
  const property = fc.asyncProperty(target.cases, async (played) => {
    // Too late to make it any smaller; or a neighbour of the one that was asked for.
    if (failedAt === undefined ? path !== undefined && cases > 0 : performance.now() - failedAt > shrinkTime) return;
    cases += 1;
    try {
      await target.play(stage, played);
    } catch (error) {
      if (!(error instanceof ViolationError)) throw error;
      failedAt ??= performance.now();
      smallest = error;
      await stage.restart();
      throw error;
    }
  });
  const details = await fc.check(property, {
    seed,
    ...(path === undefined ? { numRuns: roundSize } : { path, numRuns: 1, endOnFailure: true }),
  });
  if (!details.failed) return { cases, finding: undefined };
  if (smallest === undefined) throw details.errorInstance;
  const played = JSON.stringify(details.counterexample?.[0]);
  const reproducer = { target: target.name, seed, path: details.counterexamplePath ?? undefined, played };
  return { cases, finding: { invariant: smallest.invariant, message: smallest.message, reproducer } };
}
