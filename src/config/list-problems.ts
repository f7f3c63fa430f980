import type { Family } from '../net/ip-address.ts';
import { parsePort } from '../net/port.ts';
import type { Problem, ProblemCode } from './config-error.ts';
import type { Line, ListSource } from './list-source.ts';

/** Collects what is wrong with one list, so that all of it is reported at once. */
export class ListProblems {
  readonly #variable: string;
  readonly #accepted: string;
  readonly #describe: (text: string) => string;
  readonly #found: Problem[] = [];

  /**
   * @param accepted the grammar of a line
   * @param describe the original's words for a line that the grammar does not accept
   */
  constructor(source: ListSource, accepted: string, describe: (text: string) => string) {
    this.#variable = source.variable;
    this.#accepted = accepted;
    this.#describe = describe;
  }

  /** The list has no lines at all. */
  addMissing(message: string): void {
    const accepted = `at least one line: ${this.#accepted}`;
    this.#found.push({ code: 'LIST_MISSING', variable: this.#variable, line: undefined, value: undefined, message, accepted });
  }

  add(line: Line, code: ProblemCode, message: string, accepted: string): void {
    this.#found.push({ code, variable: this.#variable, line: line.line, value: line.text, message, accepted });
  }

  /** The line is not of the grammar. @param reason why, where more is known than that */
  addInvalid(line: Line, reason?: string): void {
    const message = this.#describe(line.text);
    this.add(line, 'LINE_INVALID', reason === undefined ? message : `${message}: ${reason}`, this.#accepted);
  }

  /** Whether traffic to the family could leave; reports the line if not. No families = not known here, and nothing is refused for it. */
  checkFamily(line: Line, family: Family, sourceFamilies: readonly Family[]): void {
    if (sourceFamilies.length === 0 || sourceFamilies.includes(family)) return;
    const message = `${this.#describe(line.text)}: EGRESS_SOURCE has no ${family === 'ipv4' ? 'IPv4' : 'IPv6'} address`;
    this.add(line, 'FAMILY_WITHOUT_SOURCE', message, 'addresses of a family that EGRESS_SOURCE has an address of');
  }

  /** The port that the text says; undefined, and reported, where it says none. */
  parsePort(line: Line, text: string): number | undefined {
    const port = parsePort(text);
    if (port === undefined) {
      const message = `Invalid port: ${text}, must be in the range 1 to 65535`;
      this.add(line, 'PORT_INVALID', message, 'a whole number from 1 to 65535 without leading zeros');
    }
    return port;
  }

  /** All of them, by line. */
  get found(): readonly Problem[] {
    return this.#found.toSorted((a, b) => (a.line ?? 0) - (b.line ?? 0));
  }
}
