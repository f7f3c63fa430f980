import { setTimeout as delay } from 'node:timers/promises';
import { Client } from './client.ts';
import { readCpuTime } from './cpu-time.ts';
import { Latencies } from './latencies.ts';
import type { RequestLoad, Sample } from './order.ts';
import { makeRequest, readExpected } from './request.ts';
import { Schedule } from './schedule.ts';

/** Milliseconds to wait for the first answer. */
const patience = 30_000;

/**
 * Lets clients send requests for the load's time, and says what came of it. All connections are closed at the end.
 * @throws AnswerError for the first answer that is wrong, Error for a connection that fails
 */
export async function runLoad(load: RequestLoad): Promise<Sample> {
  const { exchange, clients: count, connection, warmUp, duration, rate, pid } = load;
  const expected = readExpected(exchange);
  const bytes = makeRequest(exchange, connection);
  const fault = Promise.withResolvers<never>();
  const plan = { proxy: exchange.proxy, bytes, expected, connection };
  const clients = Array.from({ length: count }, () => new Client(plan, fault.reject));
  let latencies: Latencies | undefined;
  const drive = rate === undefined ? driveAtOnce : driveAtRate(rate);
  const stop = drive(clients, (latency) => latencies?.add(latency));
  try {
    await Promise.race([delay(warmUp), fault.promise]);
    const counted = new Latencies();
    const cpuBefore = readCpuTime(pid);
    const begin = performance.now();
    latencies = counted;
    await Promise.race([delay(duration), fault.promise]);
    // A sample without any answer says nothing; on a machine that is this busy it takes as long as it takes.
    while (counted.count === 0 && performance.now() - begin < patience) await Promise.race([delay(10), fault.promise]);
    latencies = undefined;
    const seconds = (performance.now() - begin) / 1_000;
    const cpuSeconds = readCpuTime(pid) - cpuBefore;
    if (counted.count === 0) throw new Error(`no answer within ${patience} ms`);
    const bodyLength = exchange.body?.length ?? expected.body?.length ?? 0;
    return { requests: counted.count, bytes: counted.count * bodyLength, seconds, cpuSeconds, ...counted.percentiles() };
  } finally {
    stop();
    for (const client of clients) client.close();
  }
}

/** Starts the clients; what it returns stops them. */
type Drive = (clients: readonly Client[], onAnswer: (latency: number) => void) => () => void;

/** Each client sends as soon as it has its answer. */
function driveAtOnce(clients: readonly Client[], onAnswer: (latency: number) => void): () => void {
  const next = (client: Client) => {
    const sent = performance.now();
    client.send(() => {
      onAnswer(performance.now() - sent);
      next(client);
    });
  };
  for (const client of clients) next(client);
  return () => {};
}

/**
 * Requests are due at even intervals, whether answers come or not, and a request that has to wait for a client has begun when it was due: a proxy
 * that stalls is charged for all that it holds up.
 */
function driveAtRate(rate: number): Drive {
  return (clients, onAnswer) => {
    const idle = [...clients];
    const schedule = new Schedule(rate, performance.now());
    const send = (client: Client) => {
      const due = schedule.take(performance.now());
      if (due === undefined) {
        idle.push(client);
        return;
      }
      client.send(() => {
        onAnswer(performance.now() - due);
        send(client);
      });
    };
    let stopped = false;
    const cell = new Int32Array(new SharedArrayBuffer(4));
    const tick = () => {
      if (stopped) return;
      for (const client of idle.splice(0, schedule.dueCount(performance.now()))) send(client);
      // Timers count whole milliseconds. Sleep, and do not spin: the origin runs on the same core.
      const wait = Math.min(schedule.untilNext(performance.now()), longestSleep);
      if (wait > 0) Atomics.wait(cell, 0, 0, wait);
      setImmediate(tick);
    };
    tick();
    return () => {
      stopped = true;
    };
  };
}

/** Milliseconds. An answer that comes meanwhile is seen so much later. */
const longestSleep = 0.05;
