import type { OnReadOpts, Socket } from 'node:net';

/** Where everybody reads who does not read much. What comes in is copied before the next may read. */
const shared = Buffer.allocUnsafeSlow(64 * 1024);

/** Bytes of a buffer of its own, for a socket that fills the shared one: larger reads, and no copies. */
const ownSize = 128 * 1024;

/** Buffers that nobody uses just now. */
const spare: Buffer[] = [];
const maxSpare = 32;

let isReleased = false;

/**
 * Options for a socket to be connected that reads as ever, but makes no buffer of 64 KiB for each read as Node does: that and its disposal are
 * most of the time of bulk, and much of that of a small answer. A socket at rest holds no buffer.
 * @param socket the one that has these options
 */
export function frugalReads(socket: () => Socket): OnReadOpts {
  let own: Buffer | undefined;
  return {
    buffer: () => own ?? shared,
    callback(count) {
      if (own === undefined) {
        if (count === shared.length) own = spare.pop() ?? Buffer.allocUnsafeSlow(ownSize);
        return socket().push(Buffer.from(shared.subarray(0, count)));
      }
      isReleased = false;
      const wantsMore = socket().push(own.subarray(0, count));
      // It goes with the chunk, unless nobody has kept that.
      if (!isReleased) own = undefined;
      else if (count < shared.length) {
        if (spare.length < maxSpare) spare.push(own);
        own = undefined;
      }
      return wantsMore;
    },
  };
}

/**
 * To be called while a `data` event is handled: nothing keeps its chunk, which may be overwritten by the next read. Of no effect for a socket
 * without the options above.
 */
export function releaseRead(): void {
  isReleased = true;
}
