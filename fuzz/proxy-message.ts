/** What the process of the fuzzed proxy tells. */
export type ProxyMessage =
  | { readonly kind: 'listening'; readonly port: number }
  | { readonly kind: 'dial'; readonly address: string; readonly port: number }
  | { readonly kind: 'line'; readonly line: LogLine }
  /** Its descriptors, above those that it had in the beginning. */
  | { readonly kind: 'settled'; readonly leaked: number }
  /** In use after a garbage collection. */
  | { readonly kind: 'memory'; readonly bytes: number };

/** What it is told to do. Each is answered: `settled` to the first two. */
export type ProxyOrder = 'take-base' | 'settle' | 'measure-memory';

/** A line of its log, as far as invariants look at it. */
export interface LogLine {
  readonly msg?: string | undefined;
  readonly decision?: string;
  readonly status?: number;
  readonly bytesUp?: number;
  readonly bytesDown?: number;
}
