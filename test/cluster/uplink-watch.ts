import { type Capture, type CapturedPacket, capture } from '../../lab/capture.ts';
import { clusterAddresses } from '../../lab/cluster/addresses.ts';
import type { Cluster } from '../../lab/cluster/cluster.ts';
import { judgeLeak } from '../../lab/leak.ts';

/** What left the nodes towards the outside. */
export interface UplinkReport {
  /** With a reserved address, as promised. */
  readonly reserved: readonly CapturedPacket[];
  /** With any other: a pod's, or a node's, whose kernel translates what pods send. */
  readonly leaks: readonly CapturedPacket[];
}

/** What a watch looks for. */
export interface UplinkWatchOptions {
  /** The reserved source IPs. */
  readonly sources: readonly string[];
  /** Whom nothing may reach from another address; default everybody outside. A test that runs beside others watches destinations of its own. */
  readonly destinations?: readonly string[];
}

const everybodyOutside = [...clusterAddresses.ipv4.outside, ...clusterAddresses.ipv6.outside];

/** A running watch on the uplinks of both nodes, at the switch's end of the cables. It goes on while a node is without power. */
export class UplinkWatch {
  readonly #captures: readonly Capture[];
  readonly #options: UplinkWatchOptions;

  constructor(captures: readonly Capture[], options: UplinkWatchOptions) {
    this.#captures = captures;
    this.#options = options;
  }

  /** Everything until now. The watch goes on. */
  async report(): Promise<UplinkReport> {
    await Promise.all(this.#captures.map((watching) => watching.flush()));
    return this.#judge();
  }

  /** The last report; ends the watch. @throws Error when packets were lost. */
  async stop(): Promise<UplinkReport> {
    await Promise.all(this.#captures.map((watching) => watching.stop()));
    return this.#judge();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#captures.map((watching) => watching[Symbol.asyncDispose]()));
  }

  #judge(): UplinkReport {
    // On this wire the node itself is a stranger too: nobody but pods has business outside.
    const context = { sources: this.#options.sources, podAddresses: [], inside: [], otherMacs: [] };
    const judged = this.#captures
      .flatMap(({ packets }) => packets.map((packet) => ({ packet, verdict: judgeLeak(packet, 'lan', context) })))
      .sort((left, right) => left.packet.time - right.packet.time);
    const having = (wanted: 'leak' | 'reserved') => judged.filter(({ verdict }) => verdict === wanted).map(({ packet }) => packet);
    return { reserved: having('reserved'), leaks: having('leak') };
  }
}

/** Watches, from the moment it resolves, what leaves both nodes towards the outside. */
export async function watchUplinks(cluster: Cluster, options: UplinkWatchOptions): Promise<UplinkWatch> {
  const { destinations = everybodyOutside } = options;
  const filter = destinations.map((address) => `dst host ${address}`).join(' or ');
  const captures = await Promise.all(cluster.nodes.map(({ name }) => capture(cluster.lan, { iface: name, filter })));
  return new UplinkWatch(captures, options);
}

/** A packet in a line, for the message of a failed test. */
export function formatPacket({ time, iface, protocol, source, destination, destinationPort, flags }: CapturedPacket): string {
  return `${new Date(time).toISOString()} ${iface}: ${protocol} ${source} > ${destination} ${destinationPort} ${flags}`;
}
