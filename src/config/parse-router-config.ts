import { parseCarry } from './carry.ts';
import { parseCluster } from './cluster.ts';
import { ConfigError } from './config-error.ts';
import { settleHealthPort } from './health-port.ts';
import { parseHttpClients } from './http-clients.ts';
import type { Environment } from './list-source.ts';
import { parseSettings } from './parse-settings.ts';
import { parseRole } from './role.ts';
import type { RouterConfig } from './router-config.ts';
import { parseSourceIps } from './source-ip-variables.ts';
import { noticeUnknownVariables } from './unknown-variables.ts';

/** What a configuration is read from. */
export interface RouterConfigInput {
  readonly env: Environment;
  /** undefined = the variables tell. */
  readonly command: 'setup' | 'run' | undefined;
  /** Reads lists and resolv.conf; throws what fs.readFileSync throws. */
  readonly readFile: (path: string) => string;
}

/**
 * Reads the whole configuration.
 * @throws ConfigError with every problem of every variable and line
 */
export function parseRouterConfig({ env, command, readFile }: RouterConfigInput): RouterConfig {
  const role = parseRole(env, command);
  const sourceIps = parseSourceIps(env, role.value.role !== 'run');
  const sourceFamilies = sourceIps.problems.length > 0 ? [] : sourceIps.value.map(({ family }) => family);
  const carry = parseCarry(role.value, env, readFile, sourceFamilies);
  const clients = parseHttpClients(role.value, env, readFile);
  const settings = parseSettings(env);
  const health = settleHealthPort(settings, carry.value);
  const cluster = parseCluster(env, readFile, sourceIps.value);

  const parts = [role, sourceIps, carry, clients, settings, health, cluster];
  const problems = parts.flatMap((part) => part.problems);
  if (problems.length > 0) throw new ConfigError(problems);
  return {
    role: role.value.role,
    printOnly: role.value.printOnly,
    sourceIps: sourceIps.value,
    carry: carry.value,
    clients: clients.value,
    cluster: cluster.value,
    settings: { ...settings.value, healthPort: health.value },
    notices: [...[carry, clients, settings, health, cluster].flatMap((part) => part.notices), ...noticeUnknownVariables(env)],
  };
}
