import { connect } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';

// usage: load.ts HOST PORT CLIENTS. Each client opens one connection after the other, sends, finishes, and reads to the end, until standard
// input ends. Prints one line at the first answer, and a summary at the end.

/** What came of all connections. */
export interface LoadSummary {
  readonly answered: number;
  /** A line each: the code of the error, or what came back instead of what was sent. */
  readonly errors: readonly string[];
  /** The longest that one took, in milliseconds. */
  readonly slowest: number;
}

/** Sends `text` over a connection of its own, finishes, and gives what comes back until the server finishes. */
export async function exchange(host: string, port: number, text: string): Promise<string> {
  const socket = connect({ host, port, allowHalfOpen: true });
  socket.end(text);
  let answer = '';
  for await (const chunk of socket.setEncoding('utf8')) answer += chunk;
  return answer;
}

if (import.meta.main) {
  const [host = '', port = '', clients = ''] = process.argv.slice(2);
  const state = { answered: 0, errors: [] as string[], slowest: 0, ended: false };
  process.stdin.resume().on('end', () => {
    state.ended = true;
  });
  const client = async (id: number) => {
    for (let turn = 0; !state.ended; turn += 1, await pause(10)) {
      const text = `${id}.${turn} `.repeat(2_000);
      const started = performance.now();
      const answer = await exchange(host, Number(port), text).catch((error) => error.code);
      state.slowest = Math.max(state.slowest, performance.now() - started);
      if (answer !== text) state.errors.push(String(answer).slice(0, 80));
      else if (state.answered++ === 0) console.log('answered');
    }
  };
  await Promise.all(Array.from({ length: Number(clients) }, (_, id) => client(id)));
  const { answered, errors, slowest } = state;
  console.log(JSON.stringify({ answered, errors, slowest } satisfies LoadSummary));
}
