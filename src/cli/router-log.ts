import type { RouterConfig } from '../config/router-config.ts';
import { type Log, openLog, openOutput } from '../observe/log.ts';
import type { Effects } from './effects.ts';

/** Opens the log as configured; its first lines tell what was decided on the user's behalf. */
export function openRouterLog({ settings, notices }: RouterConfig, { terminal }: Effects): Log {
  const log = openLog(settings.logLevel, openOutput(terminal));
  for (const notice of notices) log.warn({}, notice);
  return log;
}
