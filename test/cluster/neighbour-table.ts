import type { Host } from '../../lab/host.ts';

/** A host of the LAN, and its interface there. */
export interface Neighbour {
  readonly host: Host;
  readonly iface: string;
}

/** Lets a neighbour talk to an address, and gives the MAC address that it sent to. @throws Error when it got no answer. */
export async function learnMac(neighbour: Neighbour, address: string): Promise<string> {
  await neighbour.host.output('ping', ['-c', '1', '-W', '5', address]);
  return rememberedMac(neighbour, address);
}

/** The MAC address to which a neighbour would send now what is for an address, without asking anybody. @throws Error when it does not know. */
export async function rememberedMac({ host, iface }: Neighbour, address: string): Promise<string> {
  const [entry] = JSON.parse(await host.output('ip', ['-json', 'neighbour', 'show', address, 'dev', iface]));
  if (entry?.lladdr === undefined) throw new Error(`${host.name} does not know who has ${address}: ${JSON.stringify(entry)}`);
  return entry.lladdr;
}
