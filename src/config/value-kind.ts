import { parsePort } from '../net/port.ts';

/** How one kind of setting is written. */
export interface ValueKind<T> {
  /** What is accepted, as a phrase for errors and documentation. */
  readonly accepted: string;
  /** undefined = refused. The value stands in an object because it may be undefined itself, where zero switches something off. */
  readonly parse: (text: string) => { readonly value: T } | undefined;
}

const milliseconds = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 } as const;

/** Longest duration, in milliseconds: 24 days. Timers of Node fire at once beyond 2^31 - 1 ms. */
const longest = 576 * milliseconds.h;

/** A whole number with a unit, in milliseconds; `shortest` is `1ms`, or `0s` where zero has a meaning. */
export function duration(shortest: '0s' | '1ms'): ValueKind<number> {
  return {
    accepted: `a duration from ${shortest} to 576h, such as 250ms, 10s, 1m or 1h`,
    parse: (text) => {
      const { amount, unit } = /^(?<amount>\d{1,10})(?<unit>ms|s|m|h)$/.exec(text)?.groups ?? {};
      if (amount === undefined || !isUnit(unit)) return undefined;
      const value = Number(amount) * milliseconds[unit];
      return value <= longest && (value > 0 || shortest === '0s') ? { value } : undefined;
    },
  };
}

/** A whole number from `least` to `most`, both included. */
export function count(least: number, most: number): ValueKind<number> {
  return {
    accepted: `a whole number from ${least} to ${most}`,
    parse: (text) => {
      const value = /^(0|[1-9]\d{0,8})$/.test(text) ? Number(text) : -1;
      return value >= least && value <= most ? { value } : undefined;
    },
  };
}

/** One of the words. */
export function choice<const Word extends string>(...words: readonly Word[]): ValueKind<Word> {
  return {
    accepted: `one of ${words.join(', ')}`,
    parse: (text) => {
      const value = words.find((word) => word === text);
      return value === undefined ? undefined : { value };
    },
  };
}

/** A port that we listen on. */
export const listenPort: ValueKind<number> = {
  accepted: 'a port from 1 to 65535',
  parse: (text) => {
    const value = parsePort(text);
    return value === undefined ? undefined : { value };
  },
};

/** A port that we listen on, or undefined for `0`. */
export const optionalPort: ValueKind<number | undefined> = {
  accepted: 'a port from 1 to 65535, or 0 for none',
  parse: (text) => (text === '0' ? { value: undefined } : listenPort.parse(text)),
};

/** Name of a network interface. The kernel takes nearly any 15 bytes; these are safe in every program that we pass them to. */
export const interfaceName: ValueKind<string> = {
  accepted: 'an interface name of up to 15 letters, digits, dots, hyphens and underscores',
  parse: (text) => (/^[a-zA-Z0-9_][a-zA-Z0-9._-]{0,14}$/.test(text) ? { value: text } : undefined),
};

function isUnit(unit: string | undefined): unit is keyof typeof milliseconds {
  return unit !== undefined && unit in milliseconds;
}
