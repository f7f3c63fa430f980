import { request } from 'node:http';
import type { SteadyAnswer, SteadyTarget } from './steady-answer.ts';

// usage: steady-client.ts JSON, a SteadyTarget. Prints a SteadyAnswer a line, until its standard input ends.
const target: SteadyTarget = JSON.parse(process.argv[2] ?? '{}');

setInterval(ask, target.interval);
process.stdin.resume().on('end', () => process.exit());
ask();

/** A connection of its own for each request: a client that keeps one would not see where new ones go. */
function ask(): void {
  const sent = Date.now();
  const tell = (outcome: Pick<SteadyAnswer, 'source' | 'error'>) => {
    console.log(JSON.stringify({ sent, ended: Date.now(), ...outcome } satisfies SteadyAnswer));
  };
  const { host, port, path, patience } = target;
  const asking = request({ host, port, path, agent: false, signal: AbortSignal.timeout(patience) }, (response) => {
    let body = '';
    response.setEncoding('utf8').on('data', (text: string) => {
      body += text;
    });
    response.on('error', (error) => tell({ error: error.message }));
    response.on('end', () => tell(response.statusCode === 200 ? { source: JSON.parse(body).source } : { error: `${response.statusCode}` }));
  });
  asking.on('error', (error) => tell({ error: 'code' in error ? `${error.code}` : error.message }));
  asking.end();
}
