import { type ClientScript, type Exchange, playClient } from './client.ts';
import { checkDeeds, ViolationError } from './invariant.ts';
import { Origin, type Serve, serveHttp } from './origin.ts';
import { type Deeds, ProxyEndedError, ProxyProcess } from './proxy-process.ts';

/** What there is to see of one client's connection through the proxy. */
export interface Scene {
  readonly exchange: Exchange;
  readonly deeds: Deeds;
  /** What came to the origin, by connection. */
  readonly received: readonly string[];
}

/** A proxy with an origin behind it. After a case in which something did not hold it is a new proxy. Whoever opens it closes it. */
export class Stage {
  readonly origin: Origin;
  readonly #plant: string | undefined;
  #proxy: ProxyProcess | undefined;

  private constructor(origin: Origin, plant: string | undefined) {
    this.origin = origin;
    this.#plant = plant;
  }

  static async open(plant: string | undefined): Promise<Stage> {
    return new Stage(await Origin.open(), plant);
  }

  /** The proxy that is there, or a new one. */
  async proxy(): Promise<ProxyProcess> {
    this.#proxy ??= await this.#start();
    return this.#proxy;
  }

  /**
   * Lets a client play, and holds what came of it against what must hold in every case.
   * @throws ViolationError
   */
  async play(script: ClientScript, serve: Serve): Promise<Scene> {
    return this.perform(serve, (proxy) => playClient(proxy.port, script));
  }

  /**
   * The same for clients of another kind.
   * @throws ViolationError
   */
  async perform(serve: Serve, client: (proxy: ProxyProcess) => Promise<Exchange>): Promise<Scene> {
    const proxy = await this.proxy();
    try {
      this.origin.serve = serve;
      const exchange = await client(proxy);
      // Whoever broke off was perhaps not even accepted yet; clients are, in the order in which they came.
      if (exchange.end === 'left') await playClient(proxy.port, { pieces: ['GET / HTTP/1.0\r\n\r\n'], last: 'ends' });
      this.origin.closeConnections();
      const deeds = await proxy.settle();
      const received = this.origin.takeReceived();
      if (exchange.end === 'waiting')
        throw new ViolationError('waiting', `after ${JSON.stringify(exchange.received.slice(-200))} nothing came`);
      checkDeeds(deeds);
      return { exchange, deeds, received };
    } catch (error) {
      if (error instanceof ProxyEndedError) throw new ViolationError('alive', error.message);
      throw error;
    }
  }

  /** Ends the proxy; the next case gets a new one. */
  async restart(): Promise<void> {
    await this.#proxy?.stop();
    this.#proxy = undefined;
  }

  async close(): Promise<void> {
    await this.restart();
    await this.origin.close();
  }

  async #start(): Promise<ProxyProcess> {
    const proxy = await ProxyProcess.start(this.origin.port, this.#plant);
    // What is made once for all is not to be taken for a leak.
    this.origin.serve = serveHttp(() => 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n');
    await playClient(proxy.port, { pieces: ['GET http://open.test/ HTTP/1.1\r\nHost: x\r\n\r\n'], last: 'ends' });
    this.origin.serve = () => {};
    await playClient(proxy.port, { pieces: ['CONNECT open.test:443 HTTP/1.1\r\nHost: x\r\n\r\n', '\x16\x03'], last: 'ends' });
    this.origin.closeConnections();
    await proxy.takeBase();
    await proxy.settle();
    this.origin.takeReceived();
    return proxy;
  }
}
