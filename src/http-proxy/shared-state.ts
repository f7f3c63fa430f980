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
  /** Connections of clients that are being served. */
  readonly served: SharedCounter;
  /** Connections of clients that are being refused. */
  readonly refused: SharedCounter;
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

/** Memory for a proxy that begins. Every client that is counted has a connection that is served, but for a moment when one gives way to another. */
export function allocateSharedMemory(limit: ConnectionLimit): SharedMemory {
  return {
    limit,
    pseudonym: `egress-router-${randomBytes(4).toString('hex')}`,
    cells: new SharedArrayBuffer(4 * Int32Array.BYTES_PER_ELEMENT),
    tunnels: SharedTally.allocate(limit.served + limit.refused),
    requests: SharedTally.allocate(limit.served + limit.refused),
    checks: SharedTally.allocate(limit.served + limit.refused),
  };
}

/** Opens it in this thread. */
export function openSharedState({ limit, pseudonym, cells, tunnels, requests, checks }: SharedMemory): SharedState {
  const numbers = new Int32Array(cells);
  return {
    limit,
    pseudonym,
    served: new SharedCounter(numbers, 0),
    refused: new SharedCounter(numbers, 1),
    dialled: new SharedCounter(numbers, 2),
    full: new SharedFlag(numbers, 3),
    tunnels: new SharedTally(tunnels),
    requests: new SharedTally(requests),
    checks: new SharedTally(checks),
  };
}
