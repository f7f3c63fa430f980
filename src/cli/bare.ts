import { parseRouterConfig } from '../config/parse-router-config.ts';
import { variablesFor } from '../config/program-name.ts';
import type { Effects, ExitCode } from './effects.ts';
import { printPlan } from './plan.ts';
import { openRouterLog } from './router-log.ts';
import { serve } from './run.ts';
import { claimSourceIp } from './setup.ts';

/**
 * No command: what existing manifests do, which name no command either. The variables tell whether this is the init container, the main
 * container, or the single container of the legacy mode, which is both one after the other. A name of the original's entry points tells it, too.
 * @throws ConfigError, RouterError
 */
export async function bare(effects: Effects): Promise<ExitCode> {
  const env = variablesFor(effects.programName, effects.env);
  const config = parseRouterConfig({ env, command: undefined, readFile: effects.readFile });
  if (config.printOnly) {
    await printPlan(config, false, effects);
    return 0;
  }
  const log = openRouterLog(config, effects);
  if (config.role !== 'run') await claimSourceIp(config, log, effects);
  return config.role === 'setup' ? 0 : serve(config, log, effects);
}
