/** Something that changes, and those who wait for it to be so. */
export class Condition {
  readonly #looking = new Set<() => void>();

  /** To be called after each change: all who wait look again. */
  changed(): void {
    for (const look of this.#looking) look();
  }

  /**
   * What `find` returns, as soon as that is not undefined. What it throws ends the waiting.
   * @throws Error made by `failure` after `timeout` milliseconds.
   */
  until<Value>(find: () => Value | undefined, timeout: number, failure: () => Error): Promise<Value> {
    return new Promise((resolve, reject) => {
      const settle = (finish: () => void) => {
        clearTimeout(timer);
        this.#looking.delete(look);
        finish();
      };
      const look = () => {
        try {
          const value = find();
          if (value !== undefined) settle(() => resolve(value));
        } catch (error) {
          settle(() => reject(error));
        }
      };
      const timer = setTimeout(() => settle(() => reject(failure())), timeout);
      this.#looking.add(look);
      look();
    });
  }
}
