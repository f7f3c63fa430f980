import { randomBytes } from 'node:crypto';
import { SharedCounter } from '../net/shared-counter.ts';
import { SharedFlag } from '../net/shared-flag.ts';
import { SharedTally } from '../net/shared-tally.ts';
import type { ConnectionLimit } from './connection-limit.ts';

/** What the threads of one proxy have in common, as it goes from thread to thread. */
export interface SharedMemory {
  readonly limit: ConnectionLimit;
  readonly pseudonym: string;
  readonly cells: SharedArrayBuffer;
  readonly tunnels: SharedArrayBuffer;
  readonly requests: SharedArrayBuffer;
  readonly checks: SharedArrayBuffer;
}

/** The same, as a thread uses it. */
export interface SharedState {
  readonly limit: ConnectionLimit;
  /** Our name in Via: another for each start, so that routers in a row do not take one another for themselves. */
  readonly pseudonym: string;
  /** Connections of clients that were accepted. */
  readonly accepted: SharedCounter;
  /** Those of them that are being served. */
  readonly served: SharedCounter;
  /** Connections to destinations. */
  readonly dialled: SharedCounter;
  /** Clients are being turned away, and the log has said so. */
  readonly full: SharedFlag;
  /** Tunnels of each client. */
  readonly tunnels: SharedTally;
  /** Requests of each client. */
  readonly requests: SharedTally;
  /** Passwords of each client that are being checked. */
  readonly checks: SharedTally;
}

/** Memory for a proxy that begins. Every client that is counted has a connection, so there are never more of them than connections. */
export function allocateSharedMemory(limit: ConnectionLimit): SharedMemory {
  return {
    limit,
    pseudonym: `egress-router-${randomBytes(4).toString('hex')}`,
    cells: new SharedArrayBuffer(4 * Int32Array.BYTES_PER_ELEMENT),
    tunnels: SharedTally.allocate(limit.accepted),
    requests: SharedTally.allocate(limit.accepted),
    checks: SharedTally.allocate(limit.accepted),
  };
}

/** Opens it in this thread. */
export function openSharedState({ limit, pseudonym, cells, tunnels, requests, checks }: SharedMemory): SharedState {
  const numbers = new Int32Array(cells);
  return {
    limit,
    pseudonym,
    accepted: new SharedCounter(numbers, 0),
    served: new SharedCounter(numbers, 1),
    dialled: new SharedCounter(numbers, 2),
    full: new SharedFlag(numbers, 3),
    tunnels: new SharedTally(tunnels),
    requests: new SharedTally(requests),
    checks: new SharedTally(checks),
  };
}
