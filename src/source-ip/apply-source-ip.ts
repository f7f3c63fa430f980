import { addressBits, type IpAddress } from '../net/ip-address.ts';
import { applyStep, applyTables } from './apply-step.ts';
import type { NetworkEffects } from './network-effects.ts';
import { addressCommand, readInterfaces } from './network-interface.ts';
import type { SourceIpPlan } from './plan-source-ip.ts';
import { type AddressStep, type Step, stepTitles } from './step.ts';

/** What a plan that was applied led to. */
export interface AppliedPlan {
  /** Whether anything is different now. */
  readonly changed: boolean;
  /** The tables as they were right after the transaction: what is seen later is compared with it. */
  readonly tablesFingerprint: string;
}

/**
 * Claims the source IP: applies the plan's steps in order, with one log line each. A second call changes nothing, and its last line says so.
 * When a step fails, an address that this call added is removed again; guards, policy rules and unreachable routes stay, so that nothing
 * leaves by another way.
 * @throws RouterError of the step that failed
 */
export async function applySourceIp(plan: SourceIpPlan, effects: NetworkEffects): Promise<AppliedPlan> {
  const claims = plan.steps.filter((step) => step.step === 'address');
  const presentBefore = await presentAddresses(effects);
  try {
    const applied = await applySteps(plan.steps, effects);
    const addresses = claims.map(({ address }) => address.text);
    const outcome = applied.changed ? 'the source IP is ours' : 'the source IP is ours; nothing to change';
    effects.log.info({ addresses, changed: applied.changed }, outcome);
    return applied;
  } catch (error) {
    for (const claim of claims) {
      if (!presentBefore.has(claim.address.text)) await withdraw(effects, claim);
    }
    throw error;
  }
}

async function applySteps(steps: readonly Step[], effects: NetworkEffects): Promise<AppliedPlan> {
  let changed = false;
  let tablesFingerprint = '';
  for (const step of steps) {
    let changes: readonly string[];
    if (step.step === 'tables') {
      const synced = await applyTables(effects.run, step);
      tablesFingerprint = synced.fingerprint;
      changes = synced.changed ? ['the ruleset'] : [];
    } else changes = await applyStep(effects, step);
    changed ||= changes.length > 0;
    logStep(effects, step, changes);
  }
  return { changed, tablesFingerprint };
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
