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
   * One more for this client, until it is disposed of.
   * @throws Failure when it has as many as it may
   */
  take(client: string): Disposable {
    const count = this.#tally.add(client, this.#most);
    if (count >= this.#most) throw new Failure('client-limit', `the client has ${count} ${this.#what} at once, as many as it may`);
    return new Taken(this.#tally, client);
  }
}

/** A class: V8 takes longer to put a method under a symbol of a new object than for all the counting. */
class Taken implements Disposable {
  readonly #tally: SharedTally;
  readonly #client: string;

  constructor(tally: SharedTally, client: string) {
    this.#tally = tally;
    this.#client = client;
  }

  [Symbol.dispose](): void {
    this.#tally.remove(this.#client);
  }
}
