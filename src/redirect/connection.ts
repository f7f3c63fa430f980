import type { Protocol } from '../config/router-config.ts';
import { protocols } from '../config/router-config.ts';
import type { Family } from '../net/ip-address.ts';
import type { Run } from '../net/run.ts';
import { commandError, runCommand } from '../source-ip/run-command.ts';

/** A connection that the kernel tracks and whose destination it translates, as far as redirect rules are concerned. */
export interface Connection {
  readonly family: Family;
  readonly protocol: Protocol;
  /** The port that the client dialled. */
  readonly port: number;
  /** Where its packets go. */
  readonly destination: string;
  readonly destinationPort: number;
  /** Whom the destination answers to: the source IP. */
  readonly answeredTo: string;
}

/** The family's connections with a translated destination. Needs NET_ADMIN. @throws RouterError */
export async function readConnections(run: Run, family: Family): Promise<Connection[]> {
  return parseConnections(await runCommand(run, ['conntrack', '-L', '-f', family, '--dst-nat']), family);
}

/** Parses what `conntrack -L` prints: the words of the original direction, then those of the reply. Other protocols are left out. */
export function parseConnections(text: string, family: Family): Connection[] {
  return text.split('\n').flatMap((line) => {
    const protocol = protocols.find((known) => line.startsWith(`${known} `));
    const words = [...line.matchAll(/\b(src|dst|sport|dport)=(\S+)/g)];
    const word = (name: string, direction: number) => words.filter(([, key]) => key === name)[direction]?.[2];
    const [port, destination, destinationPort, answeredTo] = [word('dport', 0), word('src', 1), word('sport', 1), word('dst', 1)];
    if (protocol === undefined || destination === undefined || answeredTo === undefined) return [];
    return [{ family, protocol, port: Number(port), destination, destinationPort: Number(destinationPort), answeredTo }];
  });
}

/** The command that makes the kernel forget all connections like this one, whoever the client is. */
export function forgetCommand({ family, protocol, port, destination, destinationPort }: Connection): string[] {
  const reply = ['--reply-src', destination, '--reply-port-src', String(destinationPort)];
  return ['conntrack', '-D', '-f', family, '-p', protocol, '--orig-port-dst', String(port), ...reply];
}

/** Runs a `forgetCommand`. That there is nothing left to forget is no error. @throws RouterError */
export async function forget(run: Run, words: readonly string[]): Promise<void> {
  const [command = '', ...args] = words;
  const result = await run(command, args);
  // It ends with 1 when no entry matched: the connection ended in the meantime.
  if (result.code !== 0 && !result.stderr.includes('0 flow entries')) throw commandError(words, result);
}
