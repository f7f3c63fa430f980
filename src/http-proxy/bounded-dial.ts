import type { Dial } from '../net/dial.ts';

/**
 * A dial that makes room before it goes beyond `most` open sockets. There must be as many as clients are served, who use one at a time:
 * what is above that can only be idle.
 * @param makeRoom closes sockets that are not in use
 */
export function createBoundedDial(dial: Dial, most: number, makeRoom: () => void): Dial {
  let open = 0;
  const release = () => {
    open -= 1;
  };
  return async (address, port, options) => {
    if (open >= most) makeRoom();
    open += 1;
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
