import { setTimeout as delay } from 'node:timers/promises';
import { Client } from './client.ts';
import type { Exchange } from './order.ts';
import { makeRequest, readExpected } from './request.ts';

/** Milliseconds between two tries: fine enough for what takes hundreds of them. */
const interval = 2;

/** Milliseconds after which nothing more is to be expected. */
const patience = 30_000;

/**
 * Sends a request again and again until it is answered.
 * @throws Error with what was wrong at last when no right answer comes
 */
export async function awaitFirstAnswer(exchange: Exchange): Promise<void> {
  const plan = {
    proxy: exchange.proxy,
    bytes: makeRequest(exchange, 'one request'),
    expected: readExpected(exchange),
    connection: 'one request' as const,
  };
  const end = performance.now() + patience;
  for (;;) {
    try {
      await new Promise<void>((resolve, reject) => new Client(plan, reject).send(resolve));
      return;
    } catch (error) {
      if (performance.now() > end) throw error;
      await delay(interval);
    }
  }
}
