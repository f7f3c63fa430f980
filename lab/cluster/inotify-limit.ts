import { existsSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';

/** Debian's default is 128; two kubelets and containerds want about 200. */
const needed = 1024;

/**
 * The one setting of the machine that a cluster changes: how many inotify instances root may have. What it was is kept in a file, so that a run after a
 * crash can put it back.
 */
export class InotifyLimit {
  readonly #sysctl: string;
  readonly #file: string;

  /** `sysctl` is its path below /proc/sys; `file` keeps what it was. */
  constructor(sysctl: string, file: string) {
    this.#sysctl = sysctl;
    this.#file = file;
  }

  async raise(): Promise<void> {
    const now = await readFile(this.#sysctl, 'utf8');
    if (Number(now) >= needed) return;
    await writeFile(this.#file, now);
    await writeFile(this.#sysctl, String(needed));
  }

  /** Puts it back if it was raised, by this run or by one that ended before; the last of several runs is to call it. */
  async restore(): Promise<void> {
    if (!existsSync(this.#file)) return;
    await writeFile(this.#sysctl, await readFile(this.#file, 'utf8'));
    await rm(this.#file);
  }
}
