/** A flag that threads raise and lower. It lives in a cell of memory that they share, which is zero at first: lowered. */
export class SharedFlag {
  readonly #cells: Int32Array;
  readonly #index: number;

  constructor(cells: Int32Array, index: number) {
    this.#cells = cells;
    this.#index = index;
  }

  /** Returns whether it was lowered until now: of several threads that raise it, one is told so. */
  raise(): boolean {
    return Atomics.exchange(this.#cells, this.#index, 1) === 0;
  }

  /** Returns whether it was raised until now. */
  lower(): boolean {
    return Atomics.exchange(this.#cells, this.#index, 0) === 1;
  }
}
