import type { Dial } from '../net/dial.ts';
import type { SharedCounter } from '../net/shared-counter.ts';

/**
 * A dial that makes room before it goes beyond `most` open sockets. There must be as many as clients are served, who use one at a time:
 * what is above that can only be idle.
 * @param open those that are open in all threads
 * @param makeRoom closes sockets that are not in use
 */
export function createBoundedDial(dial: Dial, most: number, open: SharedCounter, makeRoom: () => void): Dial {
  const release = () => {
    open.remove();
  };
  return async (address, port, options) => {
    if (open.add() > most) makeRoom();
    try {
      const socket = await dial(address, port, options);
      // It comes once; `once` would keep an object for each socket.
      socket.on('close', release);
      return socket;
    } catch (error) {
      release();
      throw error;
    }
  };
}
