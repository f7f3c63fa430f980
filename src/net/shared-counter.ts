/** A number that threads count up and down. It lives in a cell of memory that they share, which is zero at first. */
export class SharedCounter {
  readonly #cells: Int32Array;
  readonly #index: number;

  constructor(cells: Int32Array, index: number) {
    this.#cells = cells;
    this.#index = index;
  }

  /** As it is now; another thread may change it at once. */
  get value(): number {
    return Atomics.load(this.#cells, this.#index);
  }

  /** One more. Returns how many there are with it. */
  add(): number {
    return Atomics.add(this.#cells, this.#index, 1) + 1;
  }

  /** One less. Returns how many are left. */
  remove(): number {
    return Atomics.sub(this.#cells, this.#index, 1) - 1;
  }
}
