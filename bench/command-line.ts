import { parseArgs } from 'node:util';
import type { ContenderName } from './http/contender.ts';
import { reportFile } from './report.ts';

/** What the user asked for. */
export type Command = HttpCommand | { readonly name: 'document' };

/** `bench http`. */
export interface HttpCommand {
  readonly name: 'http';
  /** Names of works; none = all. */
  readonly only: readonly string[];
  readonly peers: readonly ContenderName[];
  readonly rounds: number;
  /** Of a sample. */
  readonly seconds: number;
  /** Tunnels that are left idle. */
  readonly tunnels: number;
  /** Where the rows go, besides. */
  readonly json: string | undefined;
  /** Where the whole report goes, which `document` reads. */
  readonly report: string;
  /** The folder of another checkout. */
  readonly against: string | undefined;
  /** A folder for CPU profiles of ours. */
  readonly profile: string | undefined;
}

/** The command line is wrong; the message says what. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

const usualPeers = ['squid', 'tinyproxy', 'relay'] as const;
const peerNames = [...usualPeers, 'egress-router'] as const;

/** How it is used. */
export function formatUsage(works: readonly { readonly name: string; readonly title: string }[]): string {
  return `usage: npm run bench -- http [--only WORK]... [--peer NAME]... [--rounds N] [--seconds S] [--tunnels N] [--json FILE] [--report FILE] [--against FOLDER] [--profile FOLDER]
       npm run bench -- document
  http       measures the HTTP proxy beside others, by turns, on the same core
    --only     only this; may be given again
    --peer     ${peerNames.join(', ')} (relay: the least that a proxy on Node can do; egress-router: ours against ours, the noise); may be given again (default ${usualPeers.join(', ')})
    --rounds   samples of each (default 5)
    --seconds  that a sample takes (default 2)
    --tunnels  that are left idle (default 9500)
    --json     writes the rows there
    --report   writes what document reads there, and not where document looks for it
    --against  compares with ours as it is in another checkout, to see what a change brings
    --profile  writes CPU profiles of ours there
  document   writes docs/benchmarks.md and its chart from the last run
works:
${works.map(({ name, title }) => `  ${name.padEnd(24)} ${title}`).join('\n')}`;
}

/**
 * Parses the words behind the program's name; pure.
 * @param works names that there are
 * @throws UsageError
 */
export function parseCommandLine(words: readonly string[], works: readonly string[]): Command {
  const [name, ...rest] = words;
  if (name === 'document' && rest.length === 0) return { name };
  if (name !== 'http') throw new UsageError(name === undefined ? 'a command is missing' : `'${words.join(' ')}' is no command`);
  const values = parseOptions(rest);
  const usual = values.against === undefined ? usualPeers : [];
  const peers = (values.peer ?? usual).map((each) => {
    const peer = peerNames.find((known) => known === each);
    if (peer === undefined) throw new UsageError(`--peer ${each}: there are ${peerNames.join(', ')}`);
    return peer;
  });
  const unknown = values.only?.find((each) => !works.includes(each));
  if (unknown !== undefined) throw new UsageError(`--only ${unknown}: there is no such work`);
  return {
    name,
    only: values.only ?? [],
    peers: values.against === undefined ? peers : [...peers, 'checkout'],
    rounds: parseNumber('--rounds', values.rounds ?? '5', /^[1-9]\d{0,2}$/),
    seconds: parseNumber('--seconds', values.seconds ?? '2', /^(?!0+(\.0+)?$)\d{1,3}(\.\d{1,3})?$/),
    tunnels: parseNumber('--tunnels', values.tunnels ?? '9500', /^[1-9]\d{2,4}$/),
    json: values.json,
    profile: values.profile,
    against: values.against,
    report: values.report ?? reportFile,
  };
}

function parseOptions(words: readonly string[]) {
  const text = { type: 'string' } as const;
  const texts = { type: 'string', multiple: true } as const;
  const options = {
    only: texts,
    peer: texts,
    rounds: text,
    seconds: text,
    tunnels: text,
    json: text,
    profile: text,
    against: text,
    report: text,
  };
  try {
    return parseArgs({ args: [...words], options }).values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

function parseNumber(option: string, value: string, accepted: RegExp): number {
  if (!accepted.test(value)) throw new UsageError(`${option} ${value} is no number that it takes`);
  return Number(value);
}
