/** Counts what each client has of something that it may have a certain number of at once. */
export class ClientLimit {
  readonly most: number;
  readonly #counts = new Map<string, number>();

  constructor(most: number) {
    this.most = most;
  }

  /** One more for this client, until it is disposed of; undefined = it has as many as it may. */
  take(client: string): Disposable | undefined {
    const count = this.#counts.get(client) ?? 0;
    if (count >= this.most) return undefined;
    this.#counts.set(client, count + 1);
    return { [Symbol.dispose]: () => this.#giveBack(client) };
  }

  #giveBack(client: string): void {
    const count = (this.#counts.get(client) ?? 0) - 1;
    if (count > 0) this.#counts.set(client, count);
    else this.#counts.delete(client);
  }
}
