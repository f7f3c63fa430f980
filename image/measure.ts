import { readdirSync, readFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { join } from 'node:path';
import { addresses } from '../lab/addresses.ts';
import type { HostProcess } from '../lab/host-process.ts';
import { buildLab, type Lab } from '../lab/lab.ts';
import { startContainer } from './container.ts';

// Measures what docs/image.md promises: how long containers take to start, and what an idle one holds in memory. Prints a table.
const runs = 7;
const root = join(import.meta.dirname, '../build/image/root');

const { lan, outside } = addresses.ipv4;
const source = { EGRESS_SOURCE: `${lan.source}/24`, EGRESS_GATEWAY: lan.gateway, EGRESS_DUPLICATE_CHECK: 'off' };
const [server] = outside.servers;
const modes = [
  { mode: 'redirect', setup: { EGRESS_ROUTER_MODE: 'init', EGRESS_DESTINATION: `80 tcp ${server}` }, run: {} },
  { mode: 'http-proxy', setup: { EGRESS_ROUTER_MODE: 'http-proxy' }, run: { EGRESS_HTTP_PROXY_DESTINATION: '*' } },
  {
    mode: '4 workers',
    setup: { EGRESS_ROUTER_MODE: 'http-proxy' },
    run: { EGRESS_HTTP_PROXY_DESTINATION: '*', EGRESS_HTTP_PROXY_WORKERS: '4' },
  },
  { mode: 'dns-proxy', setup: { EGRESS_ROUTER_MODE: 'dns-proxy' }, run: { EGRESS_DNS_PROXY_DESTINATION: `8000 ${server} 80` } },
] as const;

console.log(
  `fastest / median / slowest of ${runs} runs, MB = 10^6 bytes; load average at the start ${loadavg()[0]?.toFixed(1)} on ${cpus().length} processors`,
);
for (const { mode, setup, run } of modes) {
  const setups: number[] = [];
  const starts: number[] = [];
  const anonymous: number[] = [];
  const resident: number[] = [];
  for (let index = 0; index < runs; index++) {
    await using lab = await buildLab();
    setups.push(await timeSetup(lab, { ...source, ...setup }));
    const { milliseconds, container } = await timeStart(lab, run);
    starts.push(milliseconds);
    const status = await idleStatus(container);
    anonymous.push(status.RssAnon);
    resident.push(status.VmRSS);
    container.kill('SIGTERM');
    await container.exit;
  }
  console.log(`${mode.padEnd(11)} setup: ${summary(setups)} ms besides announcements`);
  console.log(
    `${mode.padEnd(11)} run: ready after ${summary(starts)} ms; idle RssAnon ${summary(anonymous)} MB, RSS ${summary(resident)} MB`,
  );
}

/** From the start of the container to its end, without the time between the last step and the end of the announcements. */
async function timeSetup(lab: Lab, env: Record<string, string>): Promise<number> {
  const begin = performance.now();
  const container = await startContainer({ ...inRouterPod(lab), env, capabilities: ['NET_ADMIN', 'NET_RAW'] });
  const { code } = await container.exit;
  const duration = performance.now() - begin;
  if (code !== 0) throw new Error(`setup ended with ${code}: ${container.stderr}`);
  const lines: { step?: string; time: string }[] = container.stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  const announced = lines.findIndex(({ step }) => step === 'announce');
  const [before, after] = [lines[announced - 1], lines[announced]];
  if (before === undefined || after === undefined) throw new Error(`setup announced nothing: ${container.stdout}`);
  return duration - (Date.parse(after.time) - Date.parse(before.time));
}

/** From the start of the container to its line `ready`. */
async function timeStart(lab: Lab, env: Record<string, string>): Promise<{ milliseconds: number; container: HostProcess }> {
  const begin = performance.now();
  const container = lab.attach(await startContainer({ ...inRouterPod(lab), args: ['run'], env, uid: 65532, gid: 65532, capabilities: [] }));
  await container.line('"msg":"ready"', 'stdout', 30_000);
  return { milliseconds: performance.now() - begin, container };
}

/** Sizes in megabytes (10^6 bytes), after the process has looked at the network at least once more. */
async function idleStatus(container: HostProcess): Promise<Record<'RssAnon' | 'VmRSS', number>> {
  await new Promise((resolve) => setTimeout(resolve, 6_000));
  const [child] = readdirSync(`/proc/${container.pid}/task`).flatMap((task) =>
    readFileSync(`/proc/${container.pid}/task/${task}/children`, 'utf8').trim().split(' ').filter(Boolean),
  );
  const status = readFileSync(`/proc/${child}/status`, 'utf8');
  const megabytes = (name: string) => (Number(status.match(new RegExp(`^${name}:\\s*(\\d+) kB$`, 'm'))?.[1]) * 1024) / 1e6;
  return { RssAnon: megabytes('RssAnon'), VmRSS: megabytes('VmRSS') };
}

function inRouterPod(lab: Lab) {
  return { root, pod: lab.host('router'), folder: lab.folder };
}

function summary(figures: readonly number[]): string {
  const sorted = figures.toSorted((a, b) => a - b);
  return [sorted[0], sorted[Math.floor(sorted.length / 2)], sorted.at(-1)]
    .map((figure = 0) => figure.toFixed(figure < 200 ? 1 : 0))
    .join(' / ');
}
