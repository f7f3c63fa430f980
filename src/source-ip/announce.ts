import type { NetworkEffects } from './network-effects.ts';
import { runCommand } from './run-command.ts';
import type { AnnounceStep } from './step.ts';

/** Milliseconds between the two rounds: Linux ignores a change of a neighbour within 1 s of the last (locktime in arp(7)). */
const secondRound = 1100;

/** What is announced where. */
export type Announcement = Pick<AnnounceStep, 'device' | 'address'>;

/**
 * ARP announcements, the request and the reply form, since hosts differ in which they heed (RFC 5227 3). IPv6 has no program for it: the kernel announces
 * (ndisc_notify).
 */
export function announceCommands({ device, address }: Announcement): string[][] {
  if (address.family === 'ipv6') return [];
  return ['-U', '-A'].map((form) => ['arping', form, '-c', '1', '-I', device, address.text]);
}

/**
 * Tells the network where the address is: announcements at 0 and 1.1 s. IPv6 is told by the kernel where it may, and in any case the gateway by the question
 * to it that follows (gateway.ts).
 * @throws RouterError when a program is missing or not permitted
 */
export async function announce(effects: Pick<NetworkEffects, 'run' | 'sleep'>, announcement: Announcement): Promise<void> {
  const commands = announceCommands(announcement);
  if (commands.length === 0) return;
  const send = () => Promise.all(commands.map((command) => runCommand(effects.run, command)));
  // arping waits a second for answers that do not come, so the pause begins with it.
  await Promise.all([send(), effects.sleep(secondRound)]);
  await send();
}
