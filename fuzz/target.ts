import type fc from 'fast-check';
import type { Stage } from './stage.ts';

/** One thing to fuzz: what is sent, and what must hold then. */
export interface Target<Case> {
  /** As in `--target`. */
  readonly name: string;
  readonly cases: fc.Arbitrary<Case>;
  /** @throws ViolationError, ProxyEndedError */
  readonly play: (stage: Stage, played: Case) => Promise<void>;
}
