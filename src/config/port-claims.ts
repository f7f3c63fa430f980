import type { PortRange } from './router-config.ts';

/** Which line has which port, so that no two lines have the same. `space` keeps apart what may be used twice: a family, a protocol. */
export class PortClaims {
  readonly #lines = new Map<string, number>();

  /**
   * Claims the ports for the line.
   * @returns the line that has one of them already. What lies before that port stays claimed, so the cost over any list is bounded by
   *   the ports that there are.
   */
  claim(space: string, ports: PortRange, line: number): number | undefined {
    for (let port = ports.first; port <= ports.last; port += 1) {
      const key = `${space} ${port}`;
      const holder = this.#lines.get(key);
      if (holder !== undefined) return holder;
      this.#lines.set(key, line);
    }
    return undefined;
  }
}
