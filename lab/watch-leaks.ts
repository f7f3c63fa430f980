import { addresses, hostPrefix } from './addresses.ts';
import { type Capture, type CapturedPacket, capture } from './capture.ts';
import type { Lab } from './lab.ts';
import { judgeLeak, type LeakContext, type LeakVerdict, type Wire } from './leak.ts';

/** What a watch has seen. */
export interface LeakReport {
  /** Everything that the router sent or tried to send beyond the cluster, leaks included, in order of time. */
  readonly seen: readonly CapturedPacket[];
  /** What left with another address than the reserved one, or by the pod network. */
  readonly leaks: readonly CapturedPacket[];
}

const wires = ['lan', 'pod', 'outside'] as const satisfies readonly Wire[];

/** A running watch on three wires. */
export class LeakWatch {
  readonly #captures: Readonly<Record<Wire, Capture>>;
  readonly #context: LeakContext;
  readonly #judged: Readonly<Record<Wire, { readonly packet: CapturedPacket; readonly verdict: LeakVerdict }[]>> = {
    lan: [],
    pod: [],
    outside: [],
  };

  constructor(captures: Readonly<Record<Wire, Capture>>, context: LeakContext) {
    this.#captures = captures;
    this.#context = context;
  }

  /** Everything until now. The watch goes on. */
  async report(): Promise<LeakReport> {
    await Promise.all(Object.values(this.#captures).map((watching) => watching.flush()));
    return this.#judge();
  }

  /** The last report; ends the watch. @throws Error when a capture lost packets. */
  async stop(): Promise<LeakReport> {
    await Promise.all(Object.values(this.#captures).map((watching) => watching.stop()));
    return this.#judge();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(Object.values(this.#captures).map((watching) => watching[Symbol.asyncDispose]()));
  }

  #judge(): LeakReport {
    const judged = wires
      .flatMap((wire) => {
        const known = this.#judged[wire];
        for (const packet of this.#captures[wire].packets.slice(known.length)) {
          known.push({ packet, verdict: judgeLeak(packet, wire, this.#context) });
        }
        return known;
      })
      .filter(({ verdict }) => verdict !== 'other')
      .sort((left, right) => left.packet.time - right.packet.time);
    return {
      seen: judged.map(({ packet }) => packet),
      leaks: judged.filter(({ verdict }) => verdict === 'leak').map(({ packet }) => packet),
    };
  }
}

/**
 * Watches, from the moment it resolves, whether anything of the host `router` gets out with another address than the source IP: on the LAN's wire,
 * at the outside, and on the router's pod link, before the node masquerades. Other pods and the node may use the outside meanwhile.
 */
export async function watchLeaks(lab: Lab): Promise<LeakWatch> {
  const context = await leakContext(lab);
  const [lan, pod, outside] = await Promise.all([
    capture(lab.host('lan'), { iface: 'node' }),
    capture(lab.host('node'), { iface: 'veth-router' }),
    capture(lab.host('outside'), { iface: 'eth0' }),
  ]);
  return new LeakWatch({ lan, pod, outside }, context);
}

async function leakContext(lab: Lab): Promise<LeakContext> {
  const { families, otherRouter } = lab.settings;
  const lanInterfaces = [
    ['node', 'ext0'],
    ['gateway', 'lan0'],
    ['lanHost', 'eth0'],
    ...(otherRouter ? [['otherRouter', 'macvlan0'] as const] : []),
  ] as const;
  return {
    sources: families.map((family) => addresses[family].lan.source),
    podAddresses: families.map((family) => addresses[family].subnet.router),
    inside: families.flatMap((family) => {
      const { pods, services } = addresses[family].cluster;
      return [pods, services, hostPrefix(lab.nodeAddress(family))];
    }),
    otherMacs: await Promise.all(lanInterfaces.map(([name, iface]) => lab.host(name).mac(iface))),
  };
}
