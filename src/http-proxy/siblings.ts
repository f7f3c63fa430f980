/** The other threads of a proxy, which listen on the same port. */
export interface Siblings {
  /** Asks them to close connections to destinations that they do not use. */
  askForRoom(): void;
  /** Calls `makeRoom` when one of them asks. */
  onAskedForRoom(makeRoom: () => void): void;
}
