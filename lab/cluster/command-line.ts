import { parseArgs } from 'node:util';

/** What a person asked of `npm run test:cluster`. */
export interface Wishes {
  /** Test files, or globs of them. */
  readonly files: readonly string[];
  /** Leave the cluster up until it is interrupted. */
  readonly keep: boolean;
  /** Tests repeat what they repeat many times rather than a few. */
  readonly long: boolean;
}

/** How it is called. */
export const usage = `usage: npm run test:cluster [-- [--keep] [--long] [FILE...]]
  FILE    test files or globs; default test/cluster/**/*.test.ts, or none with --keep
  --keep  leave the cluster up after the tests, say how to use it, and end it at Ctrl-C
  --long  repeat many times what is repeated a few times`;

/** @throws Error that says which word is not understood. */
export function parseWishes(args: readonly string[]): Wishes {
  const options = { keep: { type: 'boolean' }, long: { type: 'boolean' } } as const;
  const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true });
  const { keep = false, long = false } = values;
  const files = positionals.length === 0 && !keep ? ['test/cluster/**/*.test.ts'] : positionals;
  return { files, keep, long };
}
