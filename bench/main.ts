// `npm run bench`: measures the HTTP proxy beside others, and writes docs/benchmarks.md.
import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { formatChart } from './chart.ts';
import { formatUsage, type HttpCommand, parseCommandLine, UsageError } from './command-line.ts';
import { formatDocument } from './document.ts';
import { readEnvironment } from './environment.ts';
import { runWorks } from './http/run-works.ts';
import { Stage } from './http/stage.ts';
import { works } from './http/works.ts';
import { type Report, readReport, writeJson } from './report.ts';
import { isMet } from './row.ts';
import { formatTable } from './table.ts';

const say = (text: string) => console.log(text);

try {
  const command = parseCommandLine(
    process.argv.slice(2),
    works.map(({ name }) => name),
  );
  if (command.name === 'http') await benchHttp(command);
  else writeDocument();
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  console.error(`${error.message}\n${formatUsage(works)}`);
  process.exitCode = 2;
}

async function benchHttp({ only, peers, rounds, seconds, tunnels, json, profile, against, report }: HttpCommand): Promise<void> {
  const environment = readEnvironment();
  say([environment.machine, ...environment.versions].join('\n'));
  const chosen = works.filter(({ name }) => only.length === 0 || only.includes(name));
  const duration = seconds * 1_000;
  const settings = { rounds, duration, warmUp: duration / 4, firstWarmUp: duration, idleTunnels: tunnels, peers };
  await using stage = await Stage.build({ profiles: profile && resolve(profile), checkout: against && resolve(against) });
  // After each work: a run that is broken off has said something all the same.
  const { rows, failed } = await runWorks(chosen, { stage, settings, say }, (known) => {
    writeJson(report, { environment, rounds, seconds, rows: known } satisfies Report);
    if (json !== undefined) writeJson(json, known);
  });
  say(
    `\nmedian of ${rounds} rounds of ${seconds} s; the ratio is the median of the rounds' ratios, beside it the smallest and the largest`,
  );
  say(formatTable(rows));
  const missed = rows.filter((row) => isMet(row) === false).map(({ work }) => work);
  if (missed.length > 0) say(`goals not met: ${missed.join(', ')}`);
  if (failed.length > 0) {
    say(`FAILED: ${failed.join(', ')}`);
    process.exitCode = 1;
  }
}

function writeDocument(): void {
  const report = readReport();
  writeFileSync('docs/benchmarks.md', formatDocument(report));
  writeFileSync('docs/benchmarks.svg', formatChart(report.rows.filter(({ peerName }) => peerName === 'squid')));
  say('wrote docs/benchmarks.md and docs/benchmarks.svg');
}
