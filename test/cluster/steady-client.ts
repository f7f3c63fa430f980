import { fileURLToPath } from 'node:url';
import type { Cluster } from '../../lab/cluster/cluster.ts';
import { poll } from '../../lab/cluster/poll.ts';
import type { HostProcess } from '../../lab/host-process.ts';
import type { ClientPod } from './client-pod.ts';
import { longestGap } from './longest-gap.ts';
import { podNetwork } from './pod-network.ts';
import type { SteadyAnswer, SteadyTarget } from './programs/steady-answer.ts';

const program = fileURLToPath(new URL('programs/steady-client.ts', import.meta.url));

/** Ten requests a second, each given up after two seconds: a SYN that was lost gets a second chance after one. */
const pace = { interval: 100, patience: 2000 };

/** A client that sends a request every tenth of a second, whatever becomes of it, each over a connection of its own. Disposing of it ends it. */
export class SteadyClient {
  readonly #process: HostProcess;
  readonly #answers: SteadyAnswer[] = [];
  #read = 0;

  constructor(process: HostProcess) {
    this.#process = process;
  }

  /** What became of the requests until now, in the order of their ends. */
  get answers(): readonly SteadyAnswer[] {
    const { stdout } = this.#process;
    const end = stdout.lastIndexOf('\n') + 1;
    for (const line of stdout.slice(this.#read, end).split('\n').slice(0, -1)) this.#answers.push(JSON.parse(line));
    this.#read = end;
    return this.#answers;
  }

  /** The first answer to a request that was sent at `time` or later. @throws Error with the last failures after `timeout` milliseconds. */
  async answered(time: number, timeout = 30_000): Promise<SteadyAnswer> {
    return this.#ended((answer) => answer.source !== undefined && answer.sent >= time, 'was answered', timeout);
  }

  /** The first failure of a request that was sent at `time` or later. @throws Error after `timeout` milliseconds. */
  async failed(time: number, timeout = 30_000): Promise<SteadyAnswer> {
    return this.#ended((answer) => answer.error !== undefined && answer.sent >= time, 'failed', timeout);
  }

  /** The addresses that the server outside saw. */
  get sources(): string[] {
    return [...new Set(this.answers.flatMap(({ source }) => source ?? []))];
  }

  /** The longest time without an answer, in milliseconds, that was not over before `time`. */
  gap(time: number): number {
    return longestGap(this.answers, time);
  }

  /** Lets it end by itself: whom `kill` orphans is nobody's child in the node, and a node with such a zombie cannot be powered off. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#process.endInput();
    await this.#process.exit;
  }

  #ended(matches: (answer: SteadyAnswer) => boolean, what: string, timeout: number): Promise<SteadyAnswer> {
    return poll(
      `a request of the steady client ${what}`,
      timeout,
      async () => this.answers.find(matches),
      () => {
        const last = this.answers.slice(-3).map((answer) => JSON.stringify(answer));
        return `the last:\n${last.join('\n')}${this.#process.stderr}`;
      },
    );
  }
}

/** Starts a steady client in the network of a client pod. `path` is a whole URL where `host` is a proxy. */
export async function startSteadyClient(
  cluster: Cluster,
  client: ClientPod,
  target: Pick<SteadyTarget, 'host' | 'port' | 'path'>,
): Promise<SteadyClient> {
  const [pod] = await client.namespace.pods(`client=${client.node}`);
  if (pod === undefined) throw new Error(`there is no client on ${client.node}`);
  const network = await podNetwork(cluster, pod);
  return new SteadyClient(await network.spawn(process.execPath, [program, JSON.stringify({ ...target, ...pace })]));
}
