import type { Descriptors } from '../net/descriptors.ts';

/** How many connections there may be. */
export interface ConnectionLimit {
  /** Of clients. The next ones get their refusal. */
  readonly served: number;
  /** Of clients that are being refused. All beyond are closed at once. */
  readonly refused: number;
  /** To destinations, idle ones included. */
  readonly dialled: number;
}

/** Descriptors for look-ups, probes, files, and clients that are being refused; with few descriptors an eighth of them. */
const largestReserve = 256;

/** Descriptors of a worker thread that has a listener, a resolver and a thread for passwords. */
const perWorker = 16;

/**
 * Divides the descriptors that are left: each client that is served may need a second one for its destination. The kernel tells
 * nobody that an accept failed for want of one (libuv closes the connection silently), so it must not come to that.
 * @param wanted the most that the settings allow
 * @param present descriptors as they are before the first client
 * @param workers threads that are yet to be started
 */
export function planConnectionLimit(wanted: number, present: Descriptors, workers: number): ConnectionLimit {
  const { limit } = present;
  const open = present.open + workers * perWorker;
  const reserve = Math.min(largestReserve, Math.floor(limit / 8));
  const served = Math.max(1, Math.min(wanted, Math.floor((limit - open - reserve) / 2)));
  return {
    served,
    refused: Math.max(1, Math.floor(reserve / 2)),
    dialled: Math.max(served, limit - open - reserve - served),
  };
}
