import type { Family } from '../net/ip-address.ts';
import type { NetworkEffects } from './network-effects.ts';
import { familyOption } from './routing.ts';
import { runCommand } from './run-command.ts';

/** An address on the network of one of our interfaces. */
export interface Neighbour {
  readonly device: string;
  readonly family: Family;
  readonly address: string;
}

/** Milliseconds for an answer: the kernel asks three times, a second apart (RFC 4861 10), in vain while our own link-local address is tentative. */
const patience = 3000;

/** Milliseconds between two looks. */
const pollInterval = 50;

/** The MAC address of a neighbour, as the kernel has it; undefined where it has none, or did not get an answer. @throws RouterError */
export async function knownMac({ run }: Pick<NetworkEffects, 'run'>, { device, family, address }: Neighbour): Promise<string | undefined> {
  return parseMac(await runCommand(run, ['ip', '-j', familyOption(family), 'neighbour', 'show', address, 'dev', device]));
}

/**
 * Lets the kernel ask who has an address, without a route to it and from none of our source IPs (NTF_USE in rtnetlink(7)), and waits for the answer.
 * @returns the MAC address; undefined when nobody answered within three seconds
 * @throws RouterError
 */
export async function askMac(effects: Pick<NetworkEffects, 'run' | 'sleep' | 'now'>, neighbour: Neighbour): Promise<string | undefined> {
  const { device, family, address } = neighbour;
  await runCommand(effects.run, ['ip', familyOption(family), 'neighbour', 'replace', address, 'dev', device, 'use']);
  const deadline = effects.now() + patience;
  for (;;) {
    const mac = await knownMac(effects, neighbour);
    if (mac !== undefined || effects.now() >= deadline) return mac;
    await effects.sleep(pollInterval);
  }
}

/** What `ip -j neighbour show` prints; `lladdr` is there when it was learnt and not disproved. */
function parseMac(json: string): string | undefined {
  const [entry] = JSON.parse(json || '[]') as readonly { readonly lladdr?: string }[];
  return entry?.lladdr;
}
