import { addresses, withLength } from '../../lab/addresses.ts';
import type { HostProcess } from '../../lab/host-process.ts';
import { buildLab, type Lab } from '../../lab/lab.ts';
import { startNameserver } from '../../lab/nameserver.ts';
import { LoadGenerator } from '../load/load-generator.ts';
import type { Exchange, RequestLoad, Sample } from '../load/order.ts';
import { uploadAnswer } from '../load/upload-reader.ts';
import { type ContenderName, startContender } from './contender.ts';
import { type Cores, readCores } from './cores.ts';
import { type BodyName, bodyFile, startOrigin } from './origin.ts';

const { lan, subnet } = addresses.ipv4;
const originName = 'origin.bench.test';
const originPorts = { get: 80, post: 81 };

/** What is asked of the origin, by which way. */
export type Question = { readonly via: Exchange['via'] } & ({ readonly get: BodyName } | { readonly post: number });

/** A proxy that runs. Whoever starts it disposes of it. */
export interface RunningProxy extends AsyncDisposable {
  readonly name: ContenderName;
  readonly process: HostProcess;
  /** Milliseconds from its start to its first answer. */
  readonly startTime: number;
  exchange(question: Question): Exchange;
}

/** What a proxy can be given besides its name. */
export interface ProxyOptions {
  /** Default: the one line that allows the origin. */
  readonly rules?: readonly string[];
  readonly variables?: Readonly<Record<string, string>>;
}

/** What is unusual about a run. */
export interface StageOptions {
  /** A folder for CPU profiles of ours. */
  readonly profiles?: string | undefined;
  /** The folder of another checkout, for the contender of that name. */
  readonly checkout?: string | undefined;
}

/**
 * The network of the benchmark: clients in a pod, the proxy in the router pod with its source IP claimed, the origin on the LAN. The clients, the origin and
 * everything else are pinned to one core, the proxy to another. Disposing of it ends everything.
 */
export class Stage {
  readonly originName = originName;
  readonly load: LoadGenerator;
  readonly #lab: Lab;
  readonly #cores: Cores;
  readonly #options: StageOptions;
  #ports = 8_080;

  static async build(options: StageOptions = {}): Promise<Stage> {
    const cores = readCores();
    const lab = await buildLab();
    try {
      // Connections that are over would fill the table in a minute of this.
      for (const name of ['node', 'router'] as const) {
        await lab.host(name).output('sysctl', ['-qw', 'net.netfilter.nf_conntrack_tcp_timeout_time_wait=5']);
      }
      for (const name of ['client', 'router'] as const) {
        await lab.host(name).output('sysctl', ['-qw', 'net.ipv4.ip_local_port_range=10000 65000', 'net.ipv4.tcp_tw_reuse=1']);
      }
      // Squid's shared memory has a name that another one on this machine may have too.
      await lab.host('router').output('mount', ['-t', 'tmpfs', 'shm', '/dev/shm']);
      await startNameserver(lab, { records: [{ name: originName, type: 'A', data: lan.lanHost, ttl: 3_600 }] });
      await lab.host('router').output('bin/egress-router', [], {
        env: {
          EGRESS_SOURCE: withLength(lan.source, lan.prefix),
          EGRESS_GATEWAY: lan.gateway,
          EGRESS_ROUTER_MODE: 'http-proxy',
          EGRESS_DUPLICATE_CHECK: 'off',
        },
      });
      await startOrigin(lab, originPorts, cores.load);
      const load = await LoadGenerator.start(lab.host('client'), cores.load);
      lab.attach(load.process);
      return new Stage(lab, cores, load, options);
    } catch (error) {
      await lab[Symbol.asyncDispose]();
      throw error;
    }
  }

  private constructor(lab: Lab, cores: Cores, load: LoadGenerator, options: StageOptions) {
    this.#options = options;
    this.#lab = lab;
    this.#cores = cores;
    this.load = load;
  }

  /**
   * Starts a proxy, and resolves once it has answered.
   * @throws Error when it does not answer
   */
  async startProxy(name: ContenderName, options: ProxyOptions = {}): Promise<RunningProxy> {
    // A port of its own each time: the last one may have connections that linger.
    this.#ports += 2;
    const port = this.#ports;
    const answered = this.load.firstAnswer(this.#exchange(port, { via: 'absolute', get: 'small' }));
    const { profiles, checkout } = this.#options;
    const begin = performance.now();
    const process = await startContender(this.#lab, {
      name,
      port,
      rules: options.rules ?? [originName],
      core: this.#cores.proxy,
      logCore: this.#cores.load,
      variables: {
        ...options.variables,
        ...(profiles === undefined ? {} : { NODE_OPTIONS: `--cpu-prof --cpu-prof-dir=${profiles}` }),
      },
      checkout,
    });
    try {
      await Promise.race([answered, failWhenEnded(process)]);
    } catch (error) {
      await process[Symbol.asyncDispose]();
      throw error;
    }
    return {
      name,
      process,
      startTime: performance.now() - begin,
      exchange: (question) => this.#exchange(port, question),
      [Symbol.asyncDispose]: async () => {
        process.kill('SIGTERM');
        const timer = setTimeout(() => process.kill('SIGKILL'), 2_000);
        await process.exit;
        clearTimeout(timer);
        await process[Symbol.asyncDispose]();
      },
    };
  }

  /** @throws Error when an answer is wrong or none comes */
  run(proxy: RunningProxy, question: Question, load: Omit<RequestLoad, 'exchange' | 'pid'>): Promise<Sample> {
    // tinyproxy closes the connection after each answer, though it does not say so.
    const connection = proxy.name === 'tinyproxy' && question.via === 'absolute' ? 'one request' : load.connection;
    return this.load.run({ ...load, connection, exchange: proxy.exchange(question), pid: proxy.process.pid });
  }

  #exchange(port: number, question: Question): Exchange {
    const proxy = { address: subnet.router, port };
    return 'get' in question
      ? {
          proxy,
          via: question.via,
          authority: `${originName}:${originPorts.get}`,
          method: 'GET',
          path: `/${question.get}`,
          body: undefined,
          answer: { file: bodyFile(this.#lab, question.get) },
        }
      : {
          proxy,
          via: question.via,
          authority: `${originName}:${originPorts.post}`,
          method: 'POST',
          path: '/',
          body: { file: bodyFile(this.#lab, 'bulk'), length: question.post },
          answer: { text: uploadAnswer(question.post) },
        };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#lab[Symbol.asyncDispose]();
  }
}

async function failWhenEnded(process: HostProcess): Promise<never> {
  const { code, signal } = await process.exit;
  throw new Error(`the proxy ended (${signal ?? code}): ${process.stderr}${process.stdout}`);
}
