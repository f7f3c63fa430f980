import { addresses, type Family } from '../../lab/addresses.ts';
import { clusterAddresses } from '../../lab/cluster/addresses.ts';
import type { Cluster } from '../../lab/cluster/cluster.ts';
import { type Servers, serve } from '../../lab/serve.ts';
import { type Clients, startClients } from './client-pod.ts';
import type { SiteMode, SiteOptions } from './site.ts';
import { type SteadyClient, startSteadyClient } from './steady-client.ts';
import { formatPacket, type UplinkWatch, watchUplinks } from './uplink-watch.ts';

/** The server outside that the tests of faults ask, by a port of its own. */
const destinations = { ipv4: clusterAddresses.ipv4.outside[2] ?? '', ipv6: clusterAddresses.ipv6.outside[2] ?? '' };
const port = 8127;

/** Its IPv4 URL, for who asks it without a router. */
export const sceneServer = `http://${destinations.ipv4}:${port}/`;

/** The part of a site that leads to that server, in one family. */
export function sceneSite(mode: SiteMode, family: Family = 'ipv4'): Pick<SiteOptions, 'mode' | 'gateway'> & { destination: string } {
  const server = destinations[family];
  const lists = { redirect: `80 tcp ${server} ${port}`, 'http-proxy': server, 'dns-proxy': `80 ${server} ${port}` };
  return { mode, gateway: addresses[family].lan.gateway, destination: lists[mode] };
}

/** What left the nodes towards the server. */
export interface Outgoing {
  /** Packets with another source address than the reserved ones, one a line. */
  readonly leaks: readonly string[];
  /** Whether anything left with the source IP that was asked for. */
  readonly reserved: boolean;
  /** Other addresses than the reserved ones that the server saw. */
  readonly strangers: readonly string[];
}

/** Everything but the router, for all tests of a file: a server outside, a client pod on each node, and a watch on what leaves. Disposing of it ends all of it. */
export class Scene {
  readonly cluster: Cluster;
  readonly clients: Clients;
  readonly watch: UplinkWatch;
  readonly #servers: Servers;
  readonly #sources: readonly string[];

  /** @param sources what may leave: the reserved source IPs */
  static async set(cluster: Cluster, sources: readonly string[]): Promise<Scene> {
    await using made = new AsyncDisposableStack();
    const servers = made.use(await serve(cluster.outside, [{ kind: 'http', port }]));
    const clients = made.use(await startClients(cluster));
    const watch = made.use(await watchUplinks(cluster, { sources, destinations: Object.values(destinations) }));
    made.move();
    return new Scene(cluster, clients, watch, servers, sources);
  }

  private constructor(cluster: Cluster, clients: Clients, watch: UplinkWatch, servers: Servers, sources: readonly string[]) {
    this.cluster = cluster;
    this.clients = clients;
    this.watch = watch;
    this.#servers = servers;
    this.#sources = sources;
  }

  /** A client on `node` that asks the server all the time, through the router at `host`, which is its Service or its pod. */
  ask(node: 'node1' | 'node2', mode: SiteMode, host: string, family: Family = 'ipv4'): Promise<SteadyClient> {
    const server = family === 'ipv4' ? destinations.ipv4 : `[${destinations.ipv6}]`;
    const target = mode === 'http-proxy' ? { port: 8080, path: `http://${server}:${port}/` } : { port: 80, path: '/' };
    return startSteadyClient(this.cluster, this.clients[node], { host, ...target });
  }

  /** What left until now. @param source whose packets are looked for */
  async outgoing(source: string): Promise<Outgoing> {
    const { leaks, reserved } = await this.watch.report();
    const seen = this.#servers.seen.map((event) => event.source);
    const strangers = new Set(seen.filter((address) => !this.#sources.includes(address)));
    return { leaks: leaks.map(formatPacket), reserved: reserved.some((packet) => packet.source === source), strangers: [...strangers] };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.watch[Symbol.asyncDispose]();
    await this.clients[Symbol.asyncDispose]();
    await this.#servers[Symbol.asyncDispose]();
  }
}
