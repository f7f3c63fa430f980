const free = 0;
const locked = 1;
/** Locked, and others may be waiting. */
const contended = 2;

/** Lets one thread at a time do something. It lives in a cell of memory that the threads share, which is zero at first. */
export class SharedMutex {
  readonly #cells: Int32Array;
  readonly #index: number;

  constructor(cells: Int32Array, index: number) {
    this.#cells = cells;
    this.#index = index;
  }

  /** Runs `work` while no other thread runs any. Blocks this thread until then, so all work must be short, and must not lock again. */
  hold<T>(work: () => T): T {
    if (Atomics.compareExchange(this.#cells, this.#index, free, locked) !== free) {
      while (Atomics.exchange(this.#cells, this.#index, contended) !== free) Atomics.wait(this.#cells, this.#index, contended);
    }
    try {
      return work();
    } finally {
      if (Atomics.exchange(this.#cells, this.#index, free) === contended) Atomics.notify(this.#cells, this.#index, 1);
    }
  }
}
