import { addressBits } from '../net/ip-address.ts';
import { RouterError } from '../router-error.ts';
import { retryWhileInUse } from './duplicate-check.ts';
import { askMac } from './neighbour-table.ts';
import type { NetworkEffects } from './network-effects.ts';
import { addressCommand, type InterfaceAddress, readInterface } from './network-interface.ts';
import { runCommand } from './run-command.ts';
import type { AddressStep } from './step.ts';

/** Milliseconds between two looks whether the kernel has finished duplicate detection. */
const pollInterval = 100;

/** Milliseconds for one duplicate detection: RFC 4862 5.4 takes up to 2 s, more where the administrator asked for more probes. */
const detectionTimeout = 15_000;

/** The command that adds the source IP, as a host: the routes to its prefix and its gateway are in the external table only. */
export function claimCommand({ device, address, duplicateCheck }: Omit<AddressStep, 'step'>): string[] {
  const flags = address.family === 'ipv6' && duplicateCheck === 'off' ? ['nodad'] : [];
  return addressCommand('add', address.family, `${address.text}/${addressBits(address.family)}`, device, 'noprefixroute', ...flags);
}

/**
 * Gives the external interface the source IP, without a route to its prefix. One that is there already stays usable all along, even if another
 * plugin gave it another prefix length. IPv6 waits until the kernel found that nobody else has it.
 * @returns the commands that were run
 * @throws RouterError ADDRESS_IN_USE
 */
export async function claimAddress(effects: NetworkEffects, step: AddressStep): Promise<string[][]> {
  return step.address.family === 'ipv4' ? claimIpv4(effects, step) : claimIpv6(effects, step);
}

async function claimIpv4({ run }: NetworkEffects, step: AddressStep): Promise<string[][]> {
  const present = await presentAddresses({ run }, step);
  const isRight = (own: InterfaceAddress) => own.withoutPrefixRoute && own.prefixLength === 32;
  const commands = [
    ...(present.some(isRight) ? [] : [claimCommand(step)]),
    // The same address with another length is another address to the kernel.
    ...present
      .filter((own) => !isRight(own))
      .map((own) => addressCommand('del', 'ipv4', `${own.address}/${own.prefixLength}`, step.device)),
  ];
  for (const command of commands) await runCommand(run, command);
  return commands;
}

async function claimIpv6(effects: NetworkEffects, step: AddressStep): Promise<string[][]> {
  const commands: string[][] = [];
  const run = async (command: string[]) => {
    await runCommand(effects.run, command);
    commands.push(command);
  };
  await retryWhileInUse(effects, step.address, step.timeout, async () => {
    const [present] = await presentAddresses(effects, step);
    if (present === undefined) await run(claimCommand(step));
    else if (!present.withoutPrefixRoute) {
      await run(['ip', '-6', 'address', 'change', `${present.address}/${present.prefixLength}`, 'dev', step.device, 'noprefixroute']);
    }
    const settled = await waitUntilSettled(effects, step);
    if (!settled.duplicate) return undefined;
    await run(addressCommand('del', 'ipv6', `${settled.address}/${settled.prefixLength}`, step.device));
    const neighbour = { device: step.device, family: 'ipv6', address: step.address.text } as const;
    return (await askMac(effects, neighbour)) ?? 'another host of the network (found by IPv6 duplicate address detection)';
  });
  return commands;
}

async function waitUntilSettled(effects: NetworkEffects, step: AddressStep): Promise<InterfaceAddress> {
  const deadline = effects.now() + detectionTimeout;
  for (;;) {
    const [present] = await presentAddresses(effects, step);
    if (present !== undefined && (present.duplicate || !present.tentative)) return present;
    if (present === undefined || effects.now() > deadline) {
      throw new RouterError(
        'KERNEL_REFUSED',
        `${step.address.text} on ${step.device} ${present === undefined ? 'vanished' : 'does not leave the state "tentative"'} during duplicate detection`,
        `see 'ip -6 address show dev ${step.device}': without a carrier duplicate detection does not begin`,
      );
    }
    await effects.sleep(pollInterval);
  }
}

async function presentAddresses({ run }: Pick<NetworkEffects, 'run'>, { device, address }: AddressStep): Promise<InterfaceAddress[]> {
  const { addresses } = await readInterface(run, device);
  return addresses.filter((own) => own.address === address.text);
}
