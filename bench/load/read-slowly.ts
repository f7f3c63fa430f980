import { Client } from './client.ts';
import type { Exchange, Pace } from './order.ts';
import { makeRequest, readExpected } from './request.ts';

/** Starts clients that read slowly, one answer after the other. `close` ends them. @throws by `close`: the first that was wrong */
export function readSlowly(exchange: Exchange, count: number, pace: Pace): { close(): void } {
  const plan = {
    proxy: exchange.proxy,
    bytes: makeRequest(exchange, 'kept'),
    expected: readExpected(exchange),
    connection: 'kept' as const,
    pace,
  };
  let fault: Error | undefined;
  const clients = Array.from({ length: count }, () => {
    return new Client(plan, (error) => {
      fault ??= error;
    });
  });
  for (const client of clients) {
    const next = () => client.send(next);
    next();
  }
  return {
    close() {
      for (const client of clients) client.close();
      if (fault !== undefined) throw fault;
    },
  };
}
