import { spawnSync } from 'node:child_process';
import type { Software } from './software.ts';

/**
 * The commit that the checkout is at, and its date. A checkout with changes has no revision, for the image could not be made again from it; a
 * folder without git has neither. SOURCE_DATE_EPOCH (reproducible-builds.org), in seconds since 1970, goes before the commit's date.
 */
export function readRevision(checkout: string, sourceDateEpoch: string | undefined): Pick<Software, 'revision' | 'created'> {
  const log = git(checkout, ['log', '-1', '--format=%H %ct']);
  const [revision, date] = log === undefined ? [] : log.trim().split(' ');
  const clean = git(checkout, ['status', '--porcelain']) === '';
  return { revision: clean ? revision : undefined, created: Number(sourceDateEpoch ?? date ?? 0) };
}

function git(checkout: string, args: readonly string[]): string | undefined {
  // A checkout that belongs to somebody else is read all the same: nothing of it is run.
  const { status, stdout } = spawnSync('git', ['-c', `safe.directory=${checkout}`, ...args], { cwd: checkout, encoding: 'utf8' });
  return status === 0 ? stdout : undefined;
}
