import type { SharedTally } from '../net/shared-tally.ts';
import { Failure } from './failure.ts';

/** Counts what each client has of something that it may have a certain number of at once, in all threads of the proxy. */
export class ClientLimit {
  readonly #most: number;
  readonly #what: string;
  readonly #tally: SharedTally;

  /** @param what it is, in the plural, for those who get no more */
  constructor(most: number, what: string, tally: SharedTally) {
    this.#most = most;
    this.#what = what;
    this.#tally = tally;
  }

  /**
   * One more for this client, until it is released.
   * @throws Failure when it has as many as it may
   */
  take(client: string): void {
    const count = this.#tally.add(client, this.#most);
    if (count >= this.#most) throw new Failure('client-limit', `the client has ${count} ${this.#what} at once, as many as it may`);
  }

  /** One less for this client, once for each that it took. */
  release(client: string): void {
    this.#tally.remove(client);
  }
}
