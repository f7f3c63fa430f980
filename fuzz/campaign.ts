import fc from 'fast-check';
import { type Invariant, ViolationError } from './invariant.ts';
import { Stage } from './stage.ts';
import type { Target } from './target.ts';
import { chunkedBody } from './targets/chunked-body.ts';
import { clientHello } from './targets/client-hello.ts';
import { requestHead } from './targets/request-head.ts';
import { upstreamResponse } from './targets/upstream-response.ts';

/** Names of what can be fuzzed. */
export const targetNames = ['request-head', 'chunked-body', 'client-hello', 'upstream-response'] as const;

/** One of them. */
export type TargetName = (typeof targetNames)[number];

/** How much is done, and from where. The cases of a run depend on `seed` alone. */
export interface CampaignOptions {
  readonly seed: number;
  /** Ends after the round in which one of them is reached. In cases of each target, and milliseconds. */
  readonly runs: number;
  readonly time: number;
  readonly targets: readonly TargetName[];
  /** For making a finding smaller, in milliseconds. */
  readonly shrinkTime: number;
  /** A file of `planted/` with a bug for the proxy to have. */
  readonly plant: string | undefined;
  /** One counterexample, as a finding names it; `targets` and `seed` must be those of the finding. */
  readonly path: string | undefined;
}

/** Something did not hold. */
export interface Finding {
  readonly target: TargetName | undefined;
  readonly invariant: Invariant;
  readonly message: string;
  /** What brings it about again: seed and path of its round. undefined for what builds up over many cases. */
  readonly seed: number | undefined;
  readonly path: string | undefined;
  /** The smallest case that was found, as JSON. */
  readonly reproducer: string | undefined;
}

/** What a campaign did. It ends with the first finding. */
export interface CampaignResult {
  readonly cases: Readonly<Record<string, number>>;
  readonly finding: Finding | undefined;
  /** In bytes, from the end of the first round to the end of the last. */
  readonly memoryGrowth: number;
}

/** Cases of a target in one round. */
const roundSize = 50;

/** What may be in use above the base in the end, in bytes: caches, code and statistics of the engine. */
const memoryAllowance = 8 * 2 ** 20;

/** Runs rounds of every target in turn until it has done enough or found something. */
export async function runCampaign(options: CampaignOptions): Promise<CampaignResult> {
  const stage = await Stage.open(options.plant);
  const cases: Record<string, number> = {};
  const deadline = performance.now() + options.time;
  let base: number | undefined;
  try {
    for (let round = 0; ; round += 1) {
      for (const name of options.targets) {
        const seed = options.seed + round;
        const { runs, finding } = await playRound(stage, name, seed, options);
        cases[name] = (cases[name] ?? 0) + runs;
        if (finding !== undefined) return { cases, finding, memoryGrowth: 0 };
      }
      const proxy = await stage.proxy();
      const memory = await proxy.measureMemory();
      base ??= memory;
      if (memory - base > memoryAllowance) return { cases, finding: memoryFinding(memory - base), memoryGrowth: memory - base };
      const enough = (round + 1) * roundSize >= options.runs || performance.now() > deadline || options.path !== undefined;
      if (enough) return { cases, finding: undefined, memoryGrowth: memory - base };
    }
  } finally {
    await stage.close();
  }
}

function playRound(stage: Stage, name: TargetName, seed: number, options: CampaignOptions) {
  switch (name) {
    case 'request-head':
      return check(stage, requestHead, name, seed, options);
    case 'chunked-body':
      return check(stage, chunkedBody, name, seed, options);
    case 'client-hello':
      return check(stage, clientHello, name, seed, options);
    case 'upstream-response':
      return check(stage, upstreamResponse, name, seed, options);
  }
}

async function check<Case>(stage: Stage, target: Target<Case>, name: TargetName, seed: number, { path, shrinkTime }: CampaignOptions) {
  let failedAt: number | undefined;
  let smallest: ViolationError | undefined;
  const property = fc.asyncProperty(target.cases, async (played) => {
    // Too late to make it any smaller.
    if (failedAt !== undefined && performance.now() - failedAt > shrinkTime) return;
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
  if (details.failed && smallest === undefined) throw details.errorInstance;
  const finding: Finding | undefined = smallest && {
    target: name,
    invariant: smallest.invariant,
    message: smallest.message,
    seed,
    path: details.counterexamplePath ?? undefined,
    reproducer: JSON.stringify(details.counterexample?.[0]),
  };
  return { runs: details.numRuns, finding };
}

function memoryFinding(growth: number): Finding {
  const message = new ViolationError('memory', `${growth} bytes more are in use than after the first round`).message;
  return { target: undefined, invariant: 'memory', message, seed: undefined, path: undefined, reproducer: undefined };
}
