// The load generator: takes orders by standard input, says by standard output what came of them.
import { createInterface } from 'node:readline';
import { awaitFirstAnswer } from '../load/first-answer.ts';
import { holdTunnels } from '../load/hold-tunnels.ts';
import type { Order, Reply, Sample } from '../load/order.ts';
import { readSlowly } from '../load/read-slowly.ts';
import { runLoad } from '../load/run-load.ts';

let held: { close(): Promise<void> | void } | undefined;

async function carryOut(order: Order): Promise<Sample | undefined> {
  switch (order.kind) {
    case 'load':
      return runLoad(order.load);
    case 'hold':
      held = await holdTunnels(order.exchange, order.count);
      return undefined;
    case 'read-slowly':
      held = readSlowly(order.exchange, order.clients, order.pace);
      return undefined;
    case 'release':
      await held?.close();
      held = undefined;
      return undefined;
    case 'first-answer':
      await awaitFirstAnswer(order.exchange);
      return undefined;
  }
}

const reply = (message: Reply) => process.stdout.write(`${JSON.stringify(message)}\n`);

createInterface({ input: process.stdin }).on('line', async (line) => {
  const order: Order = JSON.parse(line);
  try {
    const sample = await carryOut(order);
    reply({ id: order.id, sample });
  } catch (error) {
    reply({ id: order.id, error: error instanceof Error ? error.message : String(error) });
  }
});
