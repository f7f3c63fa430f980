/** Requests that are due at even intervals. */
export class Schedule {
  readonly #interval: number;
  readonly #begin: number;
  #taken = 0;

  /**
   * @param rate in a second
   * @param begin when the first one is due, in milliseconds of any clock
   */
  constructor(rate: number, begin: number) {
    this.#interval = 1_000 / rate;
    this.#begin = begin;
  }

  /** When the next request was due, if it was; it is taken then. */
  take(now: number): number | undefined {
    const due = this.#nextDue;
    if (due > now) return undefined;
    this.#taken += 1;
    return due;
  }

  /** Requests that are due and not taken. */
  dueCount(now: number): number {
    return Math.max(0, Math.floor((now - this.#nextDue) / this.#interval) + 1);
  }

  /** Milliseconds until one is due; 0 or less = one is. */
  untilNext(now: number): number {
    return this.#nextDue - now;
  }

  get #nextDue(): number {
    return this.#begin + this.#taken * this.#interval;
  }
}
