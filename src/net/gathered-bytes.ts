/** Bytes that come in pieces and are wanted in one: each is copied once, or a few times where there are many. */
export class GatheredBytes {
  #space: Buffer;
  #length = 0;

  /** @param expected how many they will probably be; more find room too */
  constructor(expected: number) {
    this.#space = Buffer.allocUnsafe(expected);
  }

  /** All so far. What is added later is not seen through it. */
  get bytes(): Buffer {
    return this.#space.subarray(0, this.#length);
  }

  add(piece: Buffer): void {
    const length = this.#length + piece.length;
    if (length > this.#space.length) {
      const space = Buffer.allocUnsafe(2 * length);
      this.#space.copy(space, 0, 0, this.#length);
      this.#space = space;
    }
    piece.copy(this.#space, this.#length);
    this.#length = length;
  }
}
