import { readFileSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Run } from '../net/run.ts';
import type { Log } from '../observe/log.ts';

/** What claiming a source IP does to the world. */
export interface NetworkEffects {
  readonly run: Run;
  /** As `run`, for commands of ip(8) that only read, with `-j`: it need not be started for each. */
  readonly read: Run;
  readonly log: Log;
  /** The value of a sysctl, trimmed; undefined where the kernel has none of that name. `path` is below /proc/sys: `net/ipv4/ip_forward`. */
  readonly readSysctl: (path: string) => string | undefined;
  /** @throws what fs.writeFileSync throws: EACCES or EROFS in a container that is not privileged */
  readonly writeSysctl: (path: string, value: string) => void;
  /** Waits that many milliseconds. */
  readonly sleep: (milliseconds: number) => Promise<void>;
  /** Milliseconds on a clock that never goes back. */
  readonly now: () => number;
}

/** The effects of a live system. */
export function systemEffects(run: Run, log: Log): NetworkEffects {
  return {
    run,
    read: run,
    log,
    readSysctl,
    writeSysctl: (path, value) => writeFileSync(`/proc/sys/${path}`, value),
    sleep: (milliseconds) => sleep(milliseconds),
    now: () => performance.now(),
  };
}

/** The `readSysctl` of a live system. */
export function readSysctl(path: string): string | undefined {
  try {
    return readFileSync(`/proc/sys/${path}`, 'utf8').trim();
  } catch {
    return undefined;
  }
}
