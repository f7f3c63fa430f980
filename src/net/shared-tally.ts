import { SharedMutex } from './shared-mutex.ts';

/** Octets of a slot: its count (4), the length of its key (1), and the key. */
const slotSize = 64;
const lengthAt = 4;
const keyAt = 5;

/** Characters of the longest key: an IPv6 address with a zone has 55. */
const longestKey = slotSize - keyAt;

/** The mutex, and room to the first slot. */
const headSize = slotSize;

/**
 * Counts by key, kept in memory that threads share: a hash table with open addressing, under a mutex. A slot is free when its count is zero.
 */
export class SharedTally {
  readonly #mutex: SharedMutex;
  /** A count for each slot, `slotSize / 4` apart. */
  readonly #counts: Int32Array;
  readonly #octets: Uint8Array;
  /** Number of slots, a power of two, less one. */
  readonly #mask: number;
  /** The key that is looked for. */
  readonly #key = new Uint8Array(longestKey);
  #keyLength = 0;

  /** Memory for so many keys at once. What is not used of it costs no memory. */
  static allocate(keys: number): SharedArrayBuffer {
    const slots = 2 ** Math.ceil(Math.log2(2 * keys + 2));
    return new SharedArrayBuffer(headSize + slots * slotSize);
  }

  /** @param memory of `allocate` */
  constructor(memory: SharedArrayBuffer) {
    this.#mutex = new SharedMutex(new Int32Array(memory, 0, 1), 0);
    this.#counts = new Int32Array(memory, headSize);
    this.#octets = new Uint8Array(memory, headSize);
    this.#mask = this.#octets.length / slotSize - 1;
  }

  /**
   * One more of this key, unless there are `most` already. Returns how many there were before.
   * @param key up to 59 characters of ASCII
   */
  add(key: string, most: number): number {
    return this.#mutex.hold(() => {
      const slot = this.#find(key);
      const count = this.#count(slot);
      if (count >= most) return count;
      if (count === 0) this.#writeKey(slot);
      this.#setCount(slot, count + 1);
      return count;
    });
  }

  /** One less of this key, of which there must be one. */
  remove(key: string): void {
    this.#mutex.hold(() => {
      const slot = this.#find(key);
      const count = this.#count(slot);
      if (count > 1) this.#setCount(slot, count - 1);
      else this.#free(slot);
    });
  }

  /** The slot of this key, or the free one where it belongs. */
  #find(key: string): number {
    if (key.length > longestKey) throw new RangeError(`a key of ${key.length} characters: there is room for ${longestKey}`);
    this.#keyLength = key.length;
    for (let index = 0; index < key.length; index += 1) this.#key[index] = key.charCodeAt(index);
    let slot = hash(this.#key, 0, key.length) & this.#mask;
    while (this.#count(slot) !== 0 && !this.#hasKey(slot)) slot = (slot + 1) & this.#mask;
    return slot;
  }

  /** Frees a slot, and moves those behind it that would not be found any more. */
  #free(freed: number): void {
    let hole = freed;
    for (let slot = (hole + 1) & this.#mask; this.#count(slot) !== 0; slot = (slot + 1) & this.#mask) {
      const at = slot * slotSize;
      const home = hash(this.#octets, at + keyAt, this.#octets[at + lengthAt] ?? 0) & this.#mask;
      if (((slot - home) & this.#mask) < ((slot - hole) & this.#mask)) continue;
      this.#octets.copyWithin(hole * slotSize, at, at + slotSize);
      hole = slot;
    }
    this.#setCount(hole, 0);
  }

  #count(slot: number): number {
    return this.#counts[(slot * slotSize) / 4] ?? 0;
  }

  #setCount(slot: number, count: number): void {
    this.#counts[(slot * slotSize) / 4] = count;
  }

  #hasKey(slot: number): boolean {
    const at = slot * slotSize;
    if (this.#octets[at + lengthAt] !== this.#keyLength) return false;
    for (let index = 0; index < this.#keyLength; index += 1) if (this.#octets[at + keyAt + index] !== this.#key[index]) return false;
    return true;
  }

  #writeKey(slot: number): void {
    const at = slot * slotSize;
    this.#octets[at + lengthAt] = this.#keyLength;
    for (let index = 0; index < this.#keyLength; index += 1) this.#octets[at + keyAt + index] = this.#key[index] ?? 0;
  }
}

/** FNV-1a, 32 bits. */
function hash(octets: Uint8Array, start: number, length: number): number {
  let value = 0x811c9dc5;
  for (let index = start; index < start + length; index += 1) value = Math.imul(value ^ (octets[index] ?? 0), 0x01000193);
  return value >>> 0;
}
