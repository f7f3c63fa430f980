import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { buildPrograms } from './build-programs.ts';
import { RunCgroups } from './cgroups.ts';
import { cleanUp } from './clean-up.ts';
import { parseWishes, usage } from './command-line.ts';
import { InotifyLimit } from './inotify-limit.ts';
import { Run } from './run.ts';

// What `npm run test:cluster` does, as root: builds, starts the sandbox with inside.ts in it, waits for its end, and sees to it that nothing is left.
const checkout = fileURLToPath(new URL('../../', import.meta.url));
const folder = `${checkout}build/cluster`;
const programs = `${folder}/bin`;
const { version }: { version: string } = JSON.parse(readFileSync(`${checkout}package.json`, 'utf8'));
const say = (line: string) => console.log(`cluster: ${line}`);

function wishesOrUsage() {
  try {
    return parseWishes(process.argv.slice(2));
  } catch (error) {
    fail(2, [error instanceof Error ? error.message : String(error), usage]);
  }
}

function fail(code: number, lines: readonly string[]): never {
  for (const line of lines) console.error(line);
  process.exit(code);
}

const wishes = wishesOrUsage();
await buildPrograms(programs, say);
const image = spawnSync(process.execPath, ['image/main.ts'], { cwd: checkout, stdio: 'inherit' });
if (image.status !== 0) fail(1, ['the image was not built; its message is above']);

const cgroups = new RunCgroups('/sys/fs/cgroup');
const limit = new InotifyLimit('/proc/sys/fs/inotify/max_user_instances', `${folder}/inotify-limit`);
await cleanUp({ folder, cgroups, limit });
await limit.raise();
const run = await Run.start({ checkout, folder, cgroups, programs, images: [`build/egress-router-${version}.tar`], wishes });
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => run.stop());
const code = await run.ended;
await cleanUp({ folder, cgroups, limit, ended: process.pid });
say('it has ended, and nothing of it is left');
process.exit(code);
