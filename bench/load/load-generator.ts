import { fileURLToPath } from 'node:url';
import type { Host } from '../../lab/host.ts';
import type { HostProcess } from '../../lab/host-process.ts';
import type { Exchange, Order, Pace, Reply, RequestLoad, Sample } from './order.ts';

const program = fileURLToPath(new URL('../programs/load.ts', import.meta.url));

/** Milliseconds for an order besides what it takes by itself. */
const patience = 60_000;

/** An order without its number. */
type Task = Order extends infer Each ? (Each extends Order ? Omit<Each, 'id'> : never) : never;

/** The process that plays the clients. Whoever starts it disposes of its process. */
export class LoadGenerator {
  readonly process: HostProcess;
  #orders = 0;

  private constructor(process: HostProcess) {
    this.process = process;
  }

  static async start(host: Host, core: number): Promise<LoadGenerator> {
    const words = ['-c', String(core), process.execPath, program];
    return new LoadGenerator(await host.spawn('taskset', words, { keepInput: true }));
  }

  /** @throws Error when an answer is wrong or none comes */
  async run(load: RequestLoad): Promise<Sample> {
    const sample = await this.#order({ kind: 'load', load }, load.warmUp + load.duration);
    if (sample === undefined) throw new Error('the load generator measured nothing');
    return sample;
  }

  /** Opens idle tunnels, and keeps them until `release`. @throws Error when one cannot be opened */
  async hold(exchange: Exchange, count: number): Promise<void> {
    await this.#order({ kind: 'hold', exchange, count });
  }

  /** Starts clients that read slowly, and keeps them at it until `release`. */
  async readSlowly(exchange: Exchange, clients: number, pace: Pace): Promise<void> {
    await this.#order({ kind: 'read-slowly', exchange, clients, pace });
  }

  /** Ends what was held. @throws Error when a slow reader was given a wrong answer */
  async release(): Promise<void> {
    await this.#order({ kind: 'release' });
  }

  /** Resolves with the first right answer; until then nobody need listen. @throws Error when none comes */
  async firstAnswer(exchange: Exchange): Promise<void> {
    await this.#order({ kind: 'first-answer', exchange });
  }

  async #order(task: Task, duration = 0): Promise<Sample | undefined> {
    this.#orders += 1;
    const id = this.#orders;
    this.process.write(`${JSON.stringify({ ...task, id })}\n`);
    const reply: Reply = JSON.parse(await this.process.line(new RegExp(`^{"id":${id}[,}]`), 'stdout', duration + patience));
    if ('error' in reply) throw new Error(reply.error);
    return reply.sample;
  }
}
