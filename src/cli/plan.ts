import { parseRouterConfig } from '../config/parse-router-config.ts';
import type { RouterConfig } from '../config/router-config.ts';
import { RouterError } from '../router-error.ts';
import { describePlan, formatPlan } from '../source-ip/format-plan.ts';
import { readSysctl } from '../source-ip/network-effects.ts';
import { observePodNetwork } from '../source-ip/observe-pod-network.ts';
import { type PodNetwork, planSourceIp, unknownPodNetwork } from '../source-ip/plan-source-ip.ts';
import type { Effects, ExitCode } from './effects.ts';
import { describeListeners, formatListeners } from './listeners.ts';
import { planTranslation } from './translation.ts';

/** What `plan` was asked. */
export interface PlanOptions {
  /** undefined = as the variables tell. */
  readonly role: 'setup' | 'run' | undefined;
  readonly json: boolean;
}

/**
 * Prints what the configuration leads to. Needs no privileges and no interfaces, and touches nothing: where there is no pod network to look at,
 * POD_IP stands for its address.
 * @throws ConfigError
 */
export async function plan({ role, json }: PlanOptions, effects: Effects): Promise<ExitCode> {
  const config = parseRouterConfig({ env: effects.env, command: role, readFile: effects.readFile });
  await printPlan(config, json, effects);
  return 0;
}

/** Prints the plan of a configuration that was parsed already. */
export async function printPlan(config: RouterConfig, json: boolean, effects: Effects): Promise<void> {
  const sourceIpPlan =
    config.sourceIps.length === 0 ? undefined : planSourceIp(config, await observe(config, effects), planTranslation(config));
  const listeners = config.role === 'setup' ? [] : describeListeners(config);
  if (json) {
    const steps = sourceIpPlan === undefined ? [] : describePlan(sourceIpPlan);
    const { role, carry, notices } = config;
    effects.print(`${JSON.stringify({ role, mode: carry.mode, steps, listeners, notices }, null, 2)}\n`);
    return;
  }
  const parts = [
    ...config.notices.map((notice) => `# ${notice}\n`),
    ...(sourceIpPlan === undefined ? [] : [formatPlan(sourceIpPlan)]),
    ...(listeners.length === 0 ? [] : [formatListeners(listeners)]),
  ];
  effects.print(parts.join('\n'));
}

async function observe({ settings }: RouterConfig, { run }: Effects): Promise<PodNetwork> {
  try {
    return await observePodNetwork({ run, readSysctl }, settings.clusterInterface);
  } catch (error) {
    if (error instanceof RouterError) return unknownPodNetwork;
    throw error;
  }
}
