import type { Fields } from './fields.ts';

/** Takes a body, piece by piece. */
export interface BodySink {
  /** @param data never empty; stays as it is until `onRead` says that nothing is kept of it */
  onData(data: Buffer): void;
  /** Everything that came in one read has been told: what was gathered can leave. Returns whether nothing is kept of what `onData` was given. */
  onRead(): boolean;
  /** The body was whole. Nothing comes after it. */
  onEnd(trailers: Fields): void;
  /** The body is not whole, for it was malformed, too short, or nobody is there to send the rest. Nothing comes after it. */
  onError(error: Error): void;
}
