import type { IpAddress } from '../net/ip-address.ts';
import { RouterError } from '../router-error.ts';
import { knownMac } from './neighbour-table.ts';
import type { NetworkEffects } from './network-effects.ts';
import { commandError } from './run-command.ts';
import type { AnnounceStep } from './step.ts';

/** A gateway, and who asks it. */
export type Gateway = Omit<AnnounceStep, 'step'>;

/** Milliseconds to go on asking: a spare gateway takes over within 4 s (VRRP, RFC 9568 6.1). After that the kubelet tries again, and says why. */
const patience = 10_000;

/** A question to the gateway, from the source IP: to answer it, the gateway must learn who asked. */
export function probeCommand({ device, address, gateway }: Gateway): string[] {
  if (address.family === 'ipv4') return ['arping', '-f', '-c', '2', '-w', '2', '-s', address.text, '-I', device, gateway.text];
  const zone = isLinkLocal(gateway) ? `%${device}` : '';
  return ['ping', '-6', '-c', '1', '-w', '2', '-I', address.text, `${gateway.text}${zone}`];
}

/**
 * Asks the gateway once. Some answer no ping; that the kernel could learn an IPv6 gateway's MAC address is answer enough.
 * @throws RouterError when a program is missing or not permitted
 */
export async function probeGateway(effects: Pick<NetworkEffects, 'run'>, asked: Gateway): Promise<boolean> {
  const probe = probeCommand(asked);
  const [command = '', ...args] = probe;
  const result = await effects.run(command, args);
  if (result.code === 0) return true;
  // 1 = no answer; 2 and more = it could not ask.
  if (result.code !== 1) throw commandError(probe, result);
  const { device, address, gateway } = asked;
  if (address.family === 'ipv4') return false;
  return (await knownMac(effects, { device, family: 'ipv6', address: gateway.text })) !== undefined;
}

/**
 * Asks the gateway until it answers.
 * @throws RouterError GATEWAY_UNREACHABLE after ten seconds: on this network the source IP is of no use
 */
export async function reachGateway(effects: Pick<NetworkEffects, 'run' | 'log' | 'sleep' | 'now'>, asked: Gateway): Promise<void> {
  const { device, address, gateway } = asked;
  const deadline = effects.now() + patience;
  for (let attempts = 1; !(await probeGateway(effects, asked)); attempts += 1) {
    if (attempts === 1) warnUnreachable(effects, asked);
    if (effects.now() >= deadline) {
      throw new RouterError(
        'GATEWAY_UNREACHABLE',
        `the gateway ${gateway.text} does not answer ${address.text} on ${device}, asked for ${patience / 1000} s`,
        "check EGRESS_GATEWAY, the attachment's master and its VLAN on this node, and whether the network lets a second MAC address through",
      );
    }
    await effects.sleep(1000);
  }
}

/** Logs that a gateway did not answer. */
export function warnUnreachable({ log }: Pick<NetworkEffects, 'log'>, { address, gateway }: Gateway): void {
  log.warn({ code: 'GATEWAY_UNREACHABLE', gateway: gateway.text, address: address.text }, 'the gateway does not answer');
}

function isLinkLocal({ family, octets }: IpAddress): boolean {
  return family === 'ipv6' && octets[0] === 0xfe && ((octets[1] ?? 0) & 0xc0) === 0x80;
}
