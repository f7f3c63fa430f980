import type { Socket } from 'node:net';
import { closeLingering } from '../net/close-lingering.ts';
import type { Failure } from './failure.ts';
import { formatFailurePage } from './failure-page.ts';

/**
 * Answers whatever a client sends first with a failure, and closes. Not before: some clients take an answer for stray bytes when they have
 * not asked yet. One that sends nothing is closed without.
 * @param timeout for the client to begin, and then to stop sending, in milliseconds
 * @param onAnswered called when the answer is written
 */
export function refuseClient(socket: Socket, failure: Failure, timeout: number, onAnswered: () => void): void {
  const timer = setTimeout(() => socket.destroy(), timeout);
  socket.once('close', () => clearTimeout(timer));
  socket.once('data', () => {
    clearTimeout(timer);
    socket.end(formatFailurePage(failure, true));
    closeLingering(socket, timeout);
    onAnswered();
  });
}
