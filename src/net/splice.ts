import type { Socket } from 'node:net';
import { endInBatch, writeInBatch } from './batched-writes.ts';
import { releaseRead } from './frugal-reads.ts';
import { type Gate, keepGate } from './gate.ts';
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

/** Limits of one splice. */
export interface SpliceOptions {
  /** Without a byte in either direction both sides are closed after this, in milliseconds. */
  readonly idleTimeout: number;
  /** Judges what the client sends; without it everything goes on. */
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
    const writeDown = writer(upstream, client);
    const keeper = gate && keepGate(client, gate, { pass: writeUp, close: refuse });
    carry(client, upstream, 'up', 'client-reset', keeper?.onClientBytes ?? writeUp);
    carry(upstream, client, 'down', 'upstream-reset', (chunk) => {
      keeper?.onUpstreamBytes(chunk);
      writeDown(chunk);
    });
    settle();
  });
}
