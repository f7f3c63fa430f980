import { ViolationError } from './invariant.ts';
import { type Finding, playRound, type RoundOptions, roundSize } from './round.ts';
import { Stage } from './stage.ts';
import { chunkedBody } from './targets/chunked-body.ts';
import { clientHello } from './targets/client-hello.ts';
import { requestHead } from './targets/request-head.ts';
import { upstreamResponse } from './targets/upstream-response.ts';

/** What can be fuzzed, by name. */
const rounds = {
  [requestHead.name]: (stage: Stage, options: RoundOptions) => playRound(stage, requestHead, options),
  [chunkedBody.name]: (stage: Stage, options: RoundOptions) => playRound(stage, chunkedBody, options),
  [clientHello.name]: (stage: Stage, options: RoundOptions) => playRound(stage, clientHello, options),
  [upstreamResponse.name]: (stage: Stage, options: RoundOptions) => playRound(stage, upstreamResponse, options),
};

/** The names. */
export const targetNames = Object.keys(rounds);

/** How much is done, and from where: the cases depend on `seed` alone. */
export interface CampaignOptions extends RoundOptions {
  /** Cases of each target; it ends after the round in which this is reached, or `time`. */
  readonly runs: number;
  /** In milliseconds. */
  readonly time: number;
  readonly targets: readonly string[];
  /** A file of `planted/` with a bug for the proxy to have. */
  readonly plant: string | undefined;
}

/** What a campaign did. It ends with the first finding. */
export interface CampaignResult {
  /** How many, by target. */
  readonly cases: Readonly<Record<string, number>>;
  readonly finding: Finding | undefined;
  /** In bytes, from the end of the first round to the end of the last. */
  readonly memoryGrowth: number;
}

/** What may be in use above the base in the end, in bytes: caches, code and statistics of the engine. */
const memoryAllowance = 2_000_000;

/** Plays rounds of every target in turn until it has done enough or found something. */
export async function runCampaign(options: CampaignOptions): Promise<CampaignResult> {
  const stage = await Stage.open(options.plant);
  const deadline = performance.now() + options.time;
  const cases: Record<string, number> = {};
  let base: number | undefined;
  try {
    for (let round = 0; ; round += 1) {
      for (const name of options.targets) {
        const played = await rounds[name]?.(stage, { ...options, seed: options.seed + round });
        cases[name] = (cases[name] ?? 0) + (played?.cases ?? 0);
        if (played?.finding !== undefined) return { cases, finding: played.finding, memoryGrowth: 0 };
      }
      const proxy = await stage.proxy();
      const memory = await proxy.measureMemory();
      base ??= memory;
      const memoryGrowth = memory - base;
      if (memoryGrowth > memoryAllowance) return { cases, finding: memoryFinding(memoryGrowth), memoryGrowth };
      const enough = (round + 1) * roundSize >= options.runs || performance.now() > deadline || options.path !== undefined;
      if (enough) return { cases, finding: undefined, memoryGrowth };
    }
  } finally {
    await stage.close();
  }
}

function memoryFinding(growth: number): Finding {
  const { message, invariant } = new ViolationError('memory', `${growth} bytes more are in use than after the first round`);
  return { invariant, message, reproducer: undefined };
}
