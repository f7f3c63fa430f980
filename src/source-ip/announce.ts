import type { IpAddress } from '../net/ip-address.ts';
import type { NetworkEffects } from './network-effects.ts';
import { commandError, runCommand } from './run-command.ts';
import type { AnnounceStep } from './step.ts';

/** Milliseconds between the two rounds: Linux ignores a change of a neighbour within 1 s of the last (locktime in arp(7)). */
const secondRound = 1100;

/** Who tells whom about what. */
export type Announcement = Omit<AnnounceStep, 'step'>;

/**
 * ARP announcements, the request and the reply form, since hosts differ in which they heed (RFC 5227 3). IPv6 has no program for it: the kernel announces
 * (ndisc_notify).
 */
export function announceCommands({ device, address }: Announcement): string[][] {
  if (address.family === 'ipv6') return [];
  return ['-U', '-A'].map((form) => ['arping', form, '-c', '1', '-I', device, address.text]);
}

/** A question to the gateway, from the source IP: to answer it, the gateway must learn who asked. */
export function probeCommand({ device, address, gateway }: Announcement): string[] {
  if (address.family === 'ipv4') return ['arping', '-f', '-c', '2', '-w', '2', '-s', address.text, '-I', device, gateway.text];
  const zone = isLinkLocal(gateway) ? `%${device}` : '';
  return ['ping', '-6', '-c', '1', '-w', '2', '-I', address.text, `${gateway.text}${zone}`];
}

/**
 * Tells the network where the address is: announcements at 0 and 1.1 s, then a probe of the gateway. A gateway that does not answer is a
 * warning: it may come up later, and some do not answer pings.
 * @throws RouterError when a program is missing or not permitted
 */
export async function announce(effects: Pick<NetworkEffects, 'run' | 'log' | 'sleep'>, announcement: Announcement): Promise<void> {
  const commands = announceCommands(announcement);
  if (commands.length > 0) {
    const send = () => Promise.all(commands.map((command) => runCommand(effects.run, command)));
    // arping waits a second for answers that do not come, so the pause begins with it.
    await Promise.all([send(), effects.sleep(secondRound)]);
    await send();
  }
  const probe = probeCommand(announcement);
  const [command = '', ...args] = probe;
  const result = await effects.run(command, args);
  if (result.code === 0) return;
  const error = commandError(probe, result);
  // 1 = no answer; 2 and more = it could not ask.
  if (result.code !== 1) throw error;
  const { address, gateway } = announcement;
  effects.log.warn({ code: 'GATEWAY_UNREACHABLE', gateway: gateway.text, address: address.text }, 'the gateway does not answer');
}

function isLinkLocal({ family, octets }: IpAddress): boolean {
  return family === 'ipv6' && octets[0] === 0xfe && ((octets[1] ?? 0) & 0xc0) === 0x80;
}
