/**
 * Holds what comes and goes all the time, as open sockets do. In place of a Set, whose table V8 makes anew every few dozen additions and removals: the
 * old table points to the new one, and once a table has been moved to the old generation, all that it and its successors ever held at their ends
 * outlives every collection but a whole one. A busy proxy spent a sixteenth of its time on copying connections that had long been closed.
 */
export class Slots<Thing> {
  readonly #slots: (Thing | undefined)[] = [];
  readonly #free: number[] = [];
  #found = -1;

  /** Returns the slot in which it is, to remove it by. */
  add(thing: Thing): number {
    const slot = this.#free.pop() ?? this.#slots.length;
    this.#slots[slot] = thing;
    return slot;
  }

  /** @param slot of `add`; once for each, since another thing will be there */
  remove(slot: number): void {
    this.#slots[slot] = undefined;
    this.#free.push(slot);
  }

  /** One that matches. The search begins behind the one that was found last, so that it is not long where many match, and all have their turn. */
  find(matches: (thing: Thing) => boolean): Thing | undefined {
    for (let step = 0; step < this.#slots.length; step++) {
      this.#found = (this.#found + 1) % this.#slots.length;
      const thing = this.#slots[this.#found];
      if (thing !== undefined && matches(thing)) return thing;
    }
    return undefined;
  }

  /** Those that are there now, in no order; others may be added and removed meanwhile. */
  values(): Thing[] {
    return this.#slots.filter((thing) => thing !== undefined);
  }
}
