import { setTimeout as delay } from 'node:timers/promises';

/**
 * Asks again and again, a fifth of a second apart, until there is an answer, and returns it: for what another program knows and does not tell by itself.
 * @param what what is so then, for the error
 * @param ask undefined or false = not yet
 * @param explain what there is instead, for the error
 * @throws Error after `timeout` milliseconds.
 */
export async function poll<Answer>(
  what: string,
  timeout: number,
  ask: () => Promise<Answer | undefined | false>,
  explain: () => string | Promise<string> = () => '',
): Promise<Answer> {
  const end = Date.now() + timeout;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined && answer !== false) return answer;
    if (Date.now() > end) throw new Error(`${what}: not within ${timeout / 1000} s\n${await explain()}`.trimEnd());
    await delay(200);
  }
}
