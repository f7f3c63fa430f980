import type { SharedTally } from '../net/shared-tally.ts';
import { Failure } from './failure.ts';

/** Counts what each client has of something that it may have a certain number of at once, in all threads of the proxy. */
export class ClientLimit {
  readonly #most: number;
  readonly #what: string;
  readonly #tally: SharedTally;
  readonly #variable: string | undefined;

  /**
   * @param what it is, in the plural, for those who get no more
   * @param variable that says how many; undefined = none does
   */
  constructor(most: number, what: string, tally: SharedTally, variable?: string) {
    this.#most = most;
    this.#what = what;
    this.#tally = tally;
    this.#variable = variable;
  }

  /**
   * One more for this client, until it is released.
   * @throws Failure when it has as many as it may
   */
  take(client: string): void {
    if (this.#tally.add(client, this.#most) < this.#most) return;
    const allowed = this.#variable === undefined ? 'it may' : `${this.#variable} allows`;
    throw new Failure('client-limit', `the client has as many ${this.#what} as ${allowed} at once: ${this.#most}`);
  }

  /** One less for this client, once for each that it took. */
  release(client: string): void {
    this.#tally.remove(client);
  }
}
