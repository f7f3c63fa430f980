import type { OnReadOpts, Socket } from 'node:net';

/** Where everybody reads who does not read much. What comes in is copied before the next may read. */
const shared = Buffer.allocUnsafeSlow(64 * 1024);

/** Bytes of a buffer of its own, for a socket that fills the shared one: larger reads, and no copies. */
const ownSize = 128 * 1024;

/** Buffers that nobody uses just now. */
const spare: Buffer[] = [];
const maxSpare = 32;

/** What is being read just now, and whether nobody keeps it. */
let reading: ArrayBufferLike | undefined;
let isReleased = false;

/** A smaller chunk may be a part of Node's pool, which has parts of others. In bytes. */
const minDetached = Buffer.poolSize / 2;

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
      reading = own.buffer;
      isReleased = false;
      const wantsMore = socket().push(own.subarray(0, count));
      reading = undefined;
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
 * To be called when nobody needs a chunk any more that any socket has read, nor any other part of its buffer. Its memory serves the next read, and the
 * chunk is of no more use. Without it the memory of a chunk waits for the garbage collector, and V8 looks through the whole heap whenever that
 * comes to 64 MB.
 */
export function releaseRead(chunk: Buffer): void {
  const { buffer } = chunk;
  if (buffer === reading) isReleased = true;
  else if (buffer instanceof ArrayBuffer && chunk.length >= minDetached) buffer.transfer(0);
}
