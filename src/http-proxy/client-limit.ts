import { Failure } from './failure.ts';

/** Counts what each client has of something that it may have a certain number of at once. */
export class ClientLimit {
  readonly #most: number;
  readonly #what: string;
  readonly #counts = new Map<string, number>();

  /** @param what it is, in the plural, for those who get no more */
  constructor(most: number, what: string) {
    this.#most = most;
    this.#what = what;
  }

  /**
   * One more for this client, until it is disposed of.
   * @throws Failure when it has as many as it may
   */
  take(client: string): Disposable {
    const count = this.#counts.get(client) ?? 0;
    if (count >= this.#most) throw new Failure('client-limit', `the client has ${count} ${this.#what} at once, as many as it may`);
    this.#counts.set(client, count + 1);
    return { [Symbol.dispose]: () => this.#giveBack(client) };
  }

  #giveBack(client: string): void {
    const count = (this.#counts.get(client) ?? 0) - 1;
    if (count > 0) this.#counts.set(client, count);
    else this.#counts.delete(client);
  }
}
