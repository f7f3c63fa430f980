import { parseRouterConfig } from '../config/parse-router-config.ts';
import type { RouterConfig } from '../config/router-config.ts';
import type { Log } from '../observe/log.ts';
import { forgetConnections } from '../redirect/forget-connections.ts';
import { type AppliedPlan, applySourceIp } from '../source-ip/apply-source-ip.ts';
import { systemEffects } from '../source-ip/network-effects.ts';
import { observePodNetwork } from '../source-ip/observe-pod-network.ts';
import { planSourceIp } from '../source-ip/plan-source-ip.ts';
import type { Effects, ExitCode } from './effects.ts';
import { printPlan } from './plan.ts';
import { openRouterLog } from './router-log.ts';
import { planTranslation } from './translation.ts';

/**
 * The init container: claims the source IP and ends. Can be repeated.
 * @throws ConfigError, RouterError
 */
export async function setup(effects: Effects): Promise<ExitCode> {
  const config = parseRouterConfig({ env: effects.env, command: 'setup', readFile: effects.readFile });
  if (config.printOnly) await printPlan(config, false, effects);
  else await claimSourceIp(config, openRouterLog(config, effects), effects);
  return 0;
}

/**
 * Claims the source IP as the configuration says.
 * @throws RouterError
 */
export async function claimSourceIp(config: RouterConfig, log: Log, effects: Effects): Promise<AppliedPlan> {
  const network = systemEffects(effects.run, log);
  const pod = await observePodNetwork(network, config.settings.clusterInterface);
  const applied = await applySourceIp(planSourceIp(config, pod, planTranslation(config)), network);
  if (config.carry.mode === 'redirect') {
    await forgetConnections(
      network,
      config.carry,
      config.sourceIps.map(({ address }) => address),
    );
  }
  return applied;
}
