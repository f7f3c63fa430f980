import type { Socket } from 'node:net';
import { type Dial, DialError } from '../net/dial.ts';
import type { AllowedAddress } from './decide.ts';

/** A socket to a destination, and the judged address that it is connected to. */
export interface Dialled {
  readonly socket: Socket;
  readonly allowed: AllowedAddress;
}

/** Connects to the first of these addresses that answers. @throws DialError of the last one */
export type DialAllowed = (
  addresses: readonly [AllowedAddress, ...AllowedAddress[]],
  port: number,
  signal: AbortSignal,
) => Promise<Dialled>;

/**
 * Makes a dial that goes through judged addresses in order. They share the connect timeout evenly, so that one that is silent leaves time
 * for the others; those of a family for which the router has no source IP are unreachable at once.
 * @param timeout for all addresses together, in milliseconds
 */
export function createDialAllowed(dial: Dial, timeout: number): DialAllowed {
  return async ([first, ...others], port, signal) => {
    const deadline = performance.now() + timeout;
    let allowed = first;
    for (;;) {
      try {
        const share = Math.max(1, (deadline - performance.now()) / (others.length + 1));
        return { socket: await dial(allowed.address, port, { timeout: share, signal }), allowed };
      } catch (error) {
        const next = others.shift();
        if (next === undefined || !(error instanceof DialError) || error.kind === 'aborted') throw error;
        allowed = next;
      }
    }
  };
}
