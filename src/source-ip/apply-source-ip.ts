import { addressBits, type IpAddress } from '../net/ip-address.ts';
import { applyStep } from './apply-step.ts';
import type { NetworkEffects } from './network-effects.ts';
import { addressCommand, readInterfaces } from './network-interface.ts';
import type { SourceIpPlan } from './plan-source-ip.ts';
import { type AddressStep, type Step, stepTitles } from './step.ts';

/**
 * Claims the source IP: applies the plan's steps in order, with one log line each. A second call changes nothing, and its last line says so.
 * When a step fails, an address that this call added is removed again; guards, policy rules and unreachable routes stay, so that nothing
 * leaves by another way.
 * @returns whether anything was changed
 * @throws RouterError of the step that failed
 */
export async function applySourceIp(plan: SourceIpPlan, effects: NetworkEffects): Promise<boolean> {
  const claims = plan.steps.filter((step) => step.step === 'address');
  const presentBefore = await presentAddresses(effects);
  let changed = false;
  try {
    for (const step of plan.steps) {
      const changes = await applyStep(effects, step);
      changed ||= changes.length > 0;
      logStep(effects, step, changes);
    }
  } catch (error) {
    for (const claim of claims) {
      if (!presentBefore.has(claim.address.text)) await withdraw(effects, claim);
    }
    throw error;
  }
  const addresses = claims.map(({ address }) => address.text);
  effects.log.info({ addresses, changed }, changed ? 'the source IP is ours' : 'the source IP is ours; nothing to change');
  return changed;
}

function logStep({ log }: NetworkEffects, step: Step, changes: readonly string[]): void {
  const changed = changes.length > 0;
  const details = { ...('address' in step ? { address: step.address.text } : {}), ...(changed ? { changes } : {}) };
  log.info({ step: step.step, changed, ...details }, stepTitles[step.step]);
}

/** Removes the address if it is there. What fails here is told by the error that led here. */
async function withdraw({ run }: NetworkEffects, { address, device }: AddressStep): Promise<void> {
  const [command = '', ...args] = addressCommand('del', address.family, formatHost(address), device);
  await run(command, args);
}

async function presentAddresses({ run }: NetworkEffects): Promise<ReadonlySet<string>> {
  return new Set((await readInterfaces(run)).flatMap(({ addresses }) => addresses.map(({ address }) => address)));
}

function formatHost(address: IpAddress): string {
  return `${address.text}/${addressBits(address.family)}`;
}
