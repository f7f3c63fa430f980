// `npm run fuzz`: throws mutated input at the HTTP proxy, on the loopback interface, and says what does not hold.
import { parseArgs } from 'node:util';
import { type CampaignOptions, runCampaign, targetNames } from './campaign.ts';
import type { Finding } from './round.ts';

const usage = `usage: npm run fuzz -- [--seed N] [--time SECONDS | --runs N] [--target NAME] [--path PATH] [--shrink SECONDS]
  --seed    where the row of cases begins (default: another one each time; it is printed)
  --time    ends after this (default 300)
  --runs    ends after so many cases of each target
  --target  fuzzes only ${targetNames.join(', ')}; may be given again
  --shrink  looks for a smaller case of a finding for so long (default 10)
  --path    plays one case, as a finding names it
  --plant   gives the proxy a bug of fuzz/planted/, to see that it is found`;

const options = parseOptions();
console.log(`seed ${options.seed}`);
const started = performance.now();
const { cases, finding, memoryGrowth } = await runCampaign(options);
const counts = Object.entries(cases).map(([name, count]) => `${name} ${count}`);
console.log(
  `${((performance.now() - started) / 1_000).toFixed(1)} s; cases: ${counts.join(', ')}; memory ${(memoryGrowth / 1e6).toFixed(1)} MB`,
);
if (finding === undefined) console.log('nothing found');
else report(finding);
process.exitCode = finding === undefined ? 0 : 1;

function report({ invariant, message, reproducer }: Finding): void {
  console.log(`FOUND ${invariant}: ${message}`);
  if (reproducer === undefined) return;
  const { target, seed, path, played } = reproducer;
  console.log(`case: ${played}`);
  console.log(`again: npm run fuzz -- --target ${target} --seed ${seed}${path === undefined ? '' : ` --path ${path}`}`);
}

function parseOptions(): CampaignOptions {
  try {
    const { values } = parseArgs({
      options: {
        seed: { type: 'string' },
        time: { type: 'string' },
        runs: { type: 'string' },
        target: { type: 'string', multiple: true },
        path: { type: 'string' },
        shrink: { type: 'string' },
        plant: { type: 'string' },
      },
    });
    const targets = values.target ?? targetNames;
    const unknown = targets.find((name) => !targetNames.includes(name));
    if (unknown !== undefined) throw new Error(`there is no target ${unknown}`);
    return {
      seed: parseNumber(values.seed, '--seed') ?? Math.floor(Math.random() * 2 ** 31),
      runs: parseNumber(values.runs, '--runs') ?? Number.POSITIVE_INFINITY,
      time: (parseNumber(values.time, '--time') ?? (values.runs === undefined ? 300 : Number.POSITIVE_INFINITY)) * 1_000,
      shrinkTime: (parseNumber(values.shrink, '--shrink') ?? 10) * 1_000,
      targets,
      plant: values.plant,
      path: values.path,
    };
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : error}\n${usage}`);
    process.exit(2);
  }
}

function parseNumber(text: string | undefined, option: string): number | undefined {
  if (text === undefined) return undefined;
  if (!/^\d{1,9}$/.test(text)) throw new Error(`${option} ${text} is no number`);
  return Number(text);
}
