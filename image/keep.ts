import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, renameSync, rmSync, statSync, utimesSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

/** What nobody asked for in this time may go, in milliseconds. Younger folders may be in use. */
const keptFor = 24 * 60 * 60 * 1000;

/**
 * A folder PREFIX-KEY that is made once for each key, and returned from then on. It appears when it is complete, so that processes at the same time do
 * not disturb one another.
 * @param make is given a path that does not exist
 */
export function keep(prefix: string, key: string, make: (path: string) => void): string {
  const path = `${prefix}-${createHash('sha256').update(key).digest('hex').slice(0, 12)}`;
  if (!existsSync(path)) {
    const work = mkdtempSync(`${path}.new-`);
    try {
      make(join(work, 'folder'));
      // Who was faster has made the same.
      if (!existsSync(path)) renameSync(join(work, 'folder'), path);
    } finally {
      rmSync(work, { recursive: true });
    }
  }
  const now = new Date();
  utimesSync(path, now, now);
  for (const name of readdirSync(dirname(prefix))) {
    const other = join(dirname(prefix), name);
    if (name.startsWith(`${basename(prefix)}-`) && now.getTime() - statSync(other).mtimeMs > keptFor) rmSync(other, { recursive: true });
  }
  return path;
}
