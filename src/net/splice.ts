import type { Socket } from 'node:net';
import { endInBatch, writeInBatch } from './batched-writes.ts';
import { releaseRead } from './frugal-reads.ts';
import { resetSocket } from './reset-socket.ts';

/**
 * How a splice ended. `ended`: both sides finished sending and everything was delivered. `idle`: no byte either way for the idle
 * timeout. `client-reset`, `upstream-reset`: that side broke off. `refused`: the gate said close. `closed`: one of the sockets was
 * destroyed by this process.
 */
export type SpliceEnd = 'ended' | 'idle' | 'client-reset' | 'upstream-reset' | 'refused' | 'closed';

/** What went through, in bytes, and how it ended. */
export interface Spliced {
  readonly bytesUp: number;
  readonly bytesDown: number;
  readonly reason: SpliceEnd;
}

/** Holds the client's first bytes back until they are judged; what the upstream sends flows meanwhile. */
export interface Gate {
  /**
   * Judges all bytes so far; never none. Must answer something else than `hold` once they are more than it wants to keep in memory,
   * and when `final`: there will be no more before the verdict.
   */
  readonly judge: (bytes: Buffer, final: boolean) => GateVerdict;
  /** The verdict is final this many milliseconds after the first byte, and at once when the client has finished sending. */
  readonly holdTimeout: number;
}

/** `hold`: wait for more. `pass`: these and all later bytes go on unchanged. `close`: both sides are closed, the client after these last bytes. */
export type GateVerdict = 'hold' | 'pass' | { readonly close: Buffer };

/** Limits of one splice. */
export interface SpliceOptions {
  /** Without a byte in either direction both sides are closed after this, in milliseconds. */
  readonly idleTimeout: number;
  readonly gate?: Gate;
}

/**
 * Carries bytes between two connected sockets until both have finished, with the end of either direction delivered to the other side
 * (half-close) and a reset of one side passed on as a reset. A slow reader stops the sender: at most 192 KiB wait in each
 * direction (what one read brings, and Node's high-water mark of 64 KiB). Both sockets must allow half-open; bytes that were read before must have
 * been unshifted. Never rejects; when it settles both sockets are closed, and it never touches them again.
 */
export function splice(client: Socket, upstream: Socket, { idleTimeout, gate }: SpliceOptions): Promise<Spliced> {
  return new Promise((resolve) => {
    const bytes = { up: 0, down: 0 };
    let reason: SpliceEnd | undefined;
    const breakOff = (why: SpliceEnd) => {
      reason ??= why;
      resetSocket(client);
      resetSocket(upstream);
    };
    const idle = setTimeout(() => {
      reason ??= 'idle';
      client.destroy();
      upstream.destroy();
    }, idleTimeout);
    const settle = () => {
      // What closed before both of its directions had ended was destroyed or reset: the other side must not take it for an end.
      const whole = [client, upstream].every((socket) => !socket.closed || (socket.readableEnded && socket.writableFinished));
      if (!whole && reason === undefined) breakOff('closed');
      if (!client.closed || !upstream.closed) return;
      clearTimeout(idle);
      resolve({ bytesUp: bytes.up, bytesDown: bytes.down, reason: reason ?? 'ended' });
    };
    const carry = (from: Socket, to: Socket, direction: 'up' | 'down', onReset: SpliceEnd, forward: (chunk: Buffer) => void) => {
      from.on('data', (chunk: Buffer) => {
        idle.refresh();
        bytes[direction] += chunk.length;
        forward(chunk);
      });
      if (from.readableEnded) to.end();
      // Not `once`, here and below: what comes once needs no object to see to it, and there are tens of thousands of sockets.
      else from.on('end', () => endInBatch(to));
      from.on('error', () => breakOff(onReset));
      from.on('close', settle);
      from.resume();
    };
    const writer = (from: Socket, to: Socket) => {
      let waiting: Buffer | undefined;
      to.on('drain', () => {
        idle.refresh();
        if (waiting !== undefined) releaseRead(waiting);
        waiting = undefined;
        from.resume();
      });
      return (chunk: Buffer) => {
        if (!writeInBatch(to, chunk)) {
          waiting = chunk;
          from.pause();
        } else if (to.writableLength === 0) releaseRead(chunk);
      };
    };
    const refuse = (farewell: Buffer) => {
      reason ??= 'refused';
      upstream.destroy();
      client.end(farewell);
      client.destroySoon();
    };
    const writeUp = writer(client, upstream);
    carry(client, upstream, 'up', 'client-reset', gate === undefined ? writeUp : hold(client, gate, writeUp, refuse));
    carry(upstream, client, 'down', 'upstream-reset', writer(upstream, client));
    settle();
  });
}

/** What to do with each chunk of the client while the gate is shut, and after. */
function hold(client: Socket, gate: Gate, pass: (chunk: Buffer) => void, refuse: (farewell: Buffer) => void): (chunk: Buffer) => void {
  let state: 'shut' | 'open' | 'closed' = 'shut';
  let held: Buffer | undefined;
  let timer: NodeJS.Timeout | undefined;
  const judge = (final: boolean) => {
    if (state !== 'shut' || held === undefined) return;
    const verdict = gate.judge(held, final);
    if (verdict === 'hold') {
      timer ??= setTimeout(judge, gate.holdTimeout, true);
      return;
    }
    clearTimeout(timer);
    if (verdict === 'pass') {
      state = 'open';
      pass(held);
    } else {
      state = 'closed';
      refuse(verdict.close);
    }
    held = undefined;
  };
  client.on('end', () => judge(true));
  client.on('close', () => clearTimeout(timer));
  return (chunk) => {
    if (state === 'open') pass(chunk);
    if (state !== 'shut') return;
    held = held === undefined ? chunk : Buffer.concat([held, chunk]);
    judge(false);
  };
}
