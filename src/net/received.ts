import { releaseRead } from './frugal-reads.ts';

/** One for all: an empty view would keep the bytes alive that it is a view of. */
const nothing = Buffer.alloc(0);

/** What a socket has brought, and nobody has taken yet. Only what is left over when more comes is copied. */
export class Received {
  #bytes: Buffer = nothing;
  /** What those are the end of. */
  #read: Buffer | undefined;

  /** In the order in which they came; empty when all have been taken. */
  get bytes(): Buffer {
    return this.#bytes;
  }

  /** @param chunk what the socket has read; it is not to be used otherwise any more */
  add(chunk: Buffer): void {
    this.#bytes = this.#bytes.length === 0 ? chunk : Buffer.concat([this.#bytes, chunk]);
    this.#read = this.#bytes;
  }

  /** Takes so many of the bytes, from the front. */
  take(count: number): void {
    this.#bytes = this.#bytes.subarray(count);
  }

  /** Takes what is left. */
  takeAll(): Buffer {
    const bytes = this.#bytes;
    this.#bytes = nothing;
    this.#read = undefined;
    return bytes;
  }

  /**
   * Lets go of the memory of what has been taken, if that is everything.
   * @param isKept somebody keeps a part of it; otherwise it serves another read
   */
  letGo(isKept: boolean): void {
    if (this.#bytes.length > 0) return;
    if (!isKept && this.#read !== undefined) releaseRead(this.#read);
    this.#bytes = nothing;
    this.#read = undefined;
  }
}
