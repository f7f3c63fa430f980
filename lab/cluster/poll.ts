import { setTimeout as delay } from 'node:timers/promises';

/**
 * Asks again and again, a fifth of a second apart, until the answer is true: for what another program knows and does not tell by itself.
 * @throws Error naming `what` after `timeout` milliseconds.
 */
export async function poll(what: string, timeout: number, ask: () => Promise<boolean>): Promise<void> {
  const end = Date.now() + timeout;
  while (!(await ask())) {
    if (Date.now() > end) throw new Error(`${what}: not within ${timeout / 1000} s`);
    await delay(200);
  }
}
