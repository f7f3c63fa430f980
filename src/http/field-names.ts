/** A set of field names, which have no case. Most names are no member by their length alone, and that is seen without a look at them. */
export class FieldNames {
  readonly #names: ReadonlySet<string>;
  /** By length: whether there is a name of it. */
  readonly #lengths: boolean[] = [];

  /** @param names in lower case */
  constructor(names: readonly string[]) {
    this.#names = new Set(names);
    for (const { length } of names) this.#lengths[length] = true;
  }

  /** Whether it has a name, however that is written. */
  has(name: string): boolean {
    return this.#lengths[name.length] === true && this.#names.has(name.toLowerCase());
  }
}
