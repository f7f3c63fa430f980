import type { ParsedWithNotices } from './config-error.ts';
import type { ParsedSettings } from './parse-settings.ts';
import type { RouterConfig } from './router-config.ts';
import type { Settings } from './settings.ts';
import { settingVariables } from './variables.ts';

/**
 * Settles who gets the health port where a listener or a redirect rule wants it too: the default gives way, and health is off
 * (undefined); a port that the user chose is a problem.
 */
export function settleHealthPort(
  { value: settings, healthPortChosen }: ParsedSettings,
  carry: RouterConfig['carry'],
): ParsedWithNotices<number | undefined> {
  const { healthPort } = settings;
  const holder = healthPort === undefined ? undefined : findHolder(healthPort, settings, carry);
  if (holder === undefined) return { value: healthPort, problems: [], notices: [] };
  const { name, accepted } = settingVariables.healthPort;
  if (!healthPortChosen) {
    return { value: undefined, problems: [], notices: [`health is off: ${holder} takes port ${healthPort}; set ${name} to another port`] };
  }
  const message = `${name} ${healthPort} is already used: ${holder} takes it`;
  const problem = { code: 'HEALTH_PORT_TAKEN', variable: name, line: undefined, value: String(healthPort), message, accepted } as const;
  return { value: undefined, problems: [problem], notices: [] };
}

function findHolder(port: number, settings: Settings, carry: RouterConfig['carry']): string | undefined {
  switch (carry.mode) {
    case 'http-proxy':
      return port === settings.httpProxyPort ? 'the HTTP proxy' : undefined;
    case 'dns-proxy':
      return place(carry.routes.find((route) => route.port === port));
    case 'redirect':
      return place(carry.rules.find(({ protocol, ports }) => protocol === 'tcp' && ports.first <= port && port <= ports.last));
  }
}

function place(line: { readonly variable: string; readonly line: number } | undefined): string | undefined {
  return line && `${line.variable}:${line.line}`;
}
