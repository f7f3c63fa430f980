import type { IpAddress } from '../net/ip-address.ts';
import { RouterError } from '../router-error.ts';
import type { NetworkEffects } from './network-effects.ts';
import { readInterface } from './network-interface.ts';
import { commandError } from './run-command.ts';
import type { DuplicateCheckStep } from './step.ts';

/** Milliseconds between two attempts to get an address that somebody else has. */
export const retryInterval = 1000;

/** Two probes, a second apart, and a second to wait for the answer to the last. Ends at the first answer. */
export function duplicateCheckCommand(device: string, address: IpAddress): string[] {
  return ['arping', '-D', '-c', '2', '-w', '2', '-I', device, address.text];
}

/**
 * Asks the network by ARP (RFC 5227 2.1.1) whether somebody has the address, again and again until nobody has or the time is up.
 * An address that is already ours is not asked for. It cannot see a macvlan of the same parent in private mode.
 * @throws RouterError ADDRESS_IN_USE, with who has it
 */
export async function checkDuplicate(effects: NetworkEffects, { device, address, timeout }: DuplicateCheckStep): Promise<void> {
  const { addresses } = await readInterface(effects.run, device);
  if (addresses.some((own) => own.address === address.text)) return;
  await retryWhileInUse(effects, address, timeout, () => findHolder(effects, device, address));
}

/**
 * Repeats `attempt` until it gives no holder.
 * @param attempt gives who has the address, in words
 * @throws RouterError ADDRESS_IN_USE after `timeout` milliseconds
 */
export async function retryWhileInUse(
  effects: Pick<NetworkEffects, 'log' | 'now' | 'sleep'>,
  address: IpAddress,
  timeout: number,
  attempt: () => Promise<string | undefined>,
): Promise<void> {
  const deadline = effects.now() + timeout;
  for (let attempts = 1; ; attempts += 1) {
    const holder = await attempt();
    if (holder === undefined) return;
    if (effects.now() + retryInterval > deadline) throw inUse(address, holder, timeout);
    if (attempts === 1) effects.log.warn({ address: address.text, holder }, 'somebody else has the source IP; waiting for it');
    await effects.sleep(retryInterval);
  }
}

async function findHolder({ run }: NetworkEffects, device: string, address: IpAddress): Promise<string | undefined> {
  const words = duplicateCheckCommand(device, address);
  const [command = '', ...args] = words;
  const result = await run(command, args);
  if (result.code === 0) return undefined;
  const hardwareAddress = /\[([0-9a-f:]+)\]/i.exec(result.stdout)?.[1];
  if (hardwareAddress === undefined) throw commandError(words, result);
  return hardwareAddress.toLowerCase();
}

function inUse(address: IpAddress, holder: string, timeout: number): RouterError {
  return new RouterError(
    'ADDRESS_IN_USE',
    `${address.text} is in use by ${holder}, asked for ${timeout / 1000} s`,
    'end what has the address, or reserve another one for this router; where a switch answers for other hosts, set EGRESS_DUPLICATE_CHECK=off',
  );
}
