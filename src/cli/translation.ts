import type { RouterConfig } from '../config/router-config.ts';
import { planRedirect } from '../redirect/plan-redirect.ts';
import type { Translation } from '../source-ip/plan-tables.ts';

/** What the kernel translates for the mode: nothing where a proxy carries the traffic. */
export function planTranslation({ carry, settings }: RouterConfig): Translation | undefined {
  if (carry.mode !== 'redirect') return undefined;
  const ownPorts = settings.healthPort === undefined ? [] : [settings.healthPort];
  return planRedirect(carry, { clusterInterface: settings.clusterInterface, ownPorts });
}
