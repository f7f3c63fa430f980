import type { Socket } from 'node:net';
import { writeInBatch } from './batched-writes.ts';

/** Up to this size the pieces are copied into one: that costs less than to hand several to the kernel. */
const maxCopied = 16 * 1024;

/** Pieces that are smaller on the average are copied whatever their size together: what Node keeps for each would be more than they are. */
const minPiece = 1024;

/** Gathers what is to be written to a socket, so that it leaves in one packet and by one system call, with others (`writeInBatch`). */
export class GatheredWrites {
  readonly #socket: Socket;
  #pieces: (string | Buffer)[] = [];
  #size = 0;

  /** @param socket stays the caller's, who may write to it when nothing is gathered */
  constructor(socket: Socket) {
    this.#socket = socket;
  }

  /** @param piece a string has one octet for each character (latin1) */
  add(piece: string | Buffer): void {
    this.#pieces.push(piece);
    this.#size += piece.length;
  }

  /** Hands over what was gathered. Returns false when the caller should wait for `drain` before it gathers more. */
  flush(): boolean {
    const pieces = this.#pieces;
    const size = this.#size;
    const [first] = pieces;
    if (first === undefined) return !this.#socket.writableNeedDrain;
    this.#pieces = [];
    this.#size = 0;
    const copies = pieces.length > 1 && (size <= maxCopied || size < pieces.length * minPiece);
    return writeInBatch(this.#socket, ...(copies ? [join(pieces, size)] : pieces));
  }
}

function join(pieces: readonly (string | Buffer)[], size: number): Buffer {
  const joined = Buffer.allocUnsafe(size);
  let at = 0;
  for (const piece of pieces) {
    if (typeof piece === 'string') joined.write(piece, at, 'latin1');
    else piece.copy(joined, at);
    at += piece.length;
  }
  return joined;
}
