import type { Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { type Dial, DialError, type DialFailure } from '../net/dial.ts';
import type { Backend } from './backend.ts';
import type { Endpoint } from './endpoint.ts';

/** What came of trying to reach a backend: a connection, or the reason why there is none. */
export interface Reached {
  readonly upstream: Socket | undefined;
  /** The one that was dialled last; undefined = none was. */
  readonly endpoint: Endpoint | undefined;
  readonly dials: number;
  /** undefined with a connection. */
  readonly reason: Unreached | undefined;
}

/** `no-endpoint`: none is healthy. `aborted`: the client went away meanwhile. Else what the last dial met. */
export type Unreached = DialFailure | 'no-endpoint';

/** Limits and effects of one try to reach a backend. */
export interface ReachOptions {
  readonly dial: Dial;
  /** For one dial, in milliseconds. */
  readonly connectTimeout: number;
  /** Further dials after the first failed. */
  readonly retries: number;
  /** Aborts when nobody waits for the connection any more. */
  readonly signal: AbortSignal;
}

/** HAProxy's pause before it dials a server again that has just failed: long enough for a process that restarts. */
const turnAround = 1_000;

/**
 * Dials the backend's healthy endpoints in turn until one answers. The next one is dialled at once; when each has failed, the round
 * begins anew after a pause, for as long as there are retries and healthy endpoints. The socket is the caller's.
 */
export async function reach(backend: Backend, { dial, connectTimeout, retries, signal }: ReachOptions): Promise<Reached> {
  const tried = new Set<Endpoint>();
  let endpoint: Endpoint | undefined;
  let reason: Unreached = 'no-endpoint';
  let dials = 0;
  while (dials <= retries && !signal.aborted) {
    let next = backend.pick(tried);
    if (next === undefined && tried.size > 0) {
      await pause(Math.min(turnAround, connectTimeout), undefined, { signal }).catch(() => {});
      tried.clear();
      next = backend.pick(tried);
    }
    if (next === undefined || signal.aborted) break;
    endpoint = next;
    tried.add(endpoint);
    dials += 1;
    try {
      const upstream = await dial(endpoint.address, endpoint.port, { timeout: connectTimeout, signal });
      return { upstream, endpoint, dials, reason: undefined };
    } catch (error) {
      if (!(error instanceof DialError)) throw error;
      reason = error.kind;
    }
  }
  return { upstream: undefined, endpoint, dials, reason: signal.aborted ? 'aborted' : reason };
}
