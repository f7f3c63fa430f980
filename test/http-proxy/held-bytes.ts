import { readFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** What the proxy holds of a direction: 64 KiB that wait for the reader, what one read brings behind them, and as much again. */
export const mostHeld = 512 * 1024;

const piece = Buffer.alloc(16 * 1024);

/** Somebody who sends as fast as he may. */
export interface Sender {
  /** Bytes that the kernel has taken. */
  taken(): number;
}

/** Begins to send so many bytes, piece by piece: of one that is written at once Node does not tell how much has been taken. */
export function startSending(socket: Socket, size: number): Sender {
  let taken = 0;
  const send = () => {
    if (taken >= size) return;
    socket.write(piece.subarray(0, Math.min(piece.length, size - taken)), (error) => {
      if (error) return;
      taken = Math.min(size, taken + piece.length);
      send();
    });
  };
  send();
  return { taken: () => taken };
}

/**
 * Waits until a sender gets no further, and tells how much of what it has sent is in no socket of these ports: that has been read and not written.
 */
export async function heldBytes(sender: Sender, ports: readonly number[]): Promise<number> {
  for (let before = -1; ; ) {
    const now = sender.taken();
    if (now === before) return now - queuedBytes(ports);
    before = now;
    await sleep(300);
  }
}

/** Bytes in the kernel's buffers of all connections from or to these ports, by proc_net_tcp(5). Those on the way may count twice. */
function queuedBytes(ports: readonly number[]): number {
  const words = ports.map((port) => `:${port.toString(16).toUpperCase().padStart(4, '0')}`);
  return ['tcp', 'tcp6']
    .flatMap((table) => readFileSync(`/proc/net/${table}`, 'latin1').split('\n'))
    .map((line) => line.trim().split(/\s+/))
    .filter(([, local = '', remote = '']) => words.some((word) => local.endsWith(word) || remote.endsWith(word)))
    .flatMap(([, , , , queues = '']) => queues.split(':'))
    .reduce((sum, queue) => sum + Number.parseInt(queue, 16), 0);
}
