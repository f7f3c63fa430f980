import type { ParsedWithNotices, Problem } from './config-error.ts';
import type { Environment } from './list-source.ts';
import { isServiceLink } from './service-link.ts';
import type { Settings } from './settings.ts';
import { type SettingVariable, settingVariables } from './variables.ts';

/** The settings. */
export interface ParsedSettings extends ParsedWithNotices<Settings> {
  /** Whether the health port is the user's choice: a default gives way where a choice does not. */
  readonly healthPortChosen: boolean;
}

/** Parses every variable that has a default. One that is set to nothing counts as unset. */
export function parseSettings(env: Environment): ParsedSettings {
  const reader = new SettingReader(env);
  const { problems, notices } = reader;
  const value: Settings = {
    clusterInterface: reader.read(settingVariables.clusterInterface),
    externalInterface: reader.read(settingVariables.externalInterface),
    logLevel: reader.read(settingVariables.logLevel),
    healthPort: reader.read(settingVariables.healthPort),
    gracePeriod: reader.read(settingVariables.gracePeriod),
    duplicateCheck: reader.read(settingVariables.duplicateCheck),
    duplicateCheckTimeout: reader.read(settingVariables.duplicateCheckTimeout),
    announceInterval: reader.read(settingVariables.announceInterval),
    watchInterval: reader.read(settingVariables.watchInterval),
    connectTimeout: reader.read(settingVariables.connectTimeout),
    dnsTimeout: reader.read(settingVariables.dnsTimeout),
    idleTimeout: reader.read(settingVariables.idleTimeout),
    httpProxyPort: reader.read(settingVariables.httpProxyPort),
    httpWorkers: reader.read(settingVariables.httpWorkers),
    httpHeaderTimeout: reader.read(settingVariables.httpHeaderTimeout),
    httpKeepAliveTimeout: reader.read(settingVariables.httpKeepAliveTimeout),
    httpLingerTimeout: reader.read(settingVariables.httpLingerTimeout),
    httpHeaderSize: reader.read(settingVariables.httpHeaderSize),
    httpHeaderFields: reader.read(settingVariables.httpHeaderFields),
    httpConnections: reader.read(settingVariables.httpConnections),
    httpClientTunnels: reader.read(settingVariables.httpClientTunnels),
    httpClientRequests: reader.read(settingVariables.httpClientRequests),
    httpTlsServerName: reader.read(settingVariables.httpTlsServerName),
    dnsProxyRetries: reader.read(settingVariables.dnsProxyRetries),
    dnsProxyCheckInterval: reader.read(settingVariables.dnsProxyCheckInterval),
    dnsProxyCheckFall: reader.read(settingVariables.dnsProxyCheckFall),
    dnsProxyCheckRise: reader.read(settingVariables.dnsProxyCheckRise),
    dnsProxyHold: reader.read(settingVariables.dnsProxyHold),
  };
  const { name, accepted } = settingVariables.externalInterface;
  if (value.externalInterface === value.clusterInterface) {
    const message = `${name} value '${value.externalInterface}' is invalid: it is the interface on the cluster side`;
    problems.push({ code: 'SETTING_INVALID', variable: name, line: undefined, value: value.externalInterface, message, accepted });
  }
  return {
    value: isDebug(env) ? { ...value, logLevel: 'debug' } : value,
    problems,
    notices,
    healthPortChosen: reader.chosen(settingVariables.healthPort.name) !== undefined,
  };
}

class SettingReader {
  readonly problems: Problem[] = [];
  readonly notices: string[] = [];
  readonly #env: Environment;

  constructor(env: Environment) {
    this.#env = env;
  }

  /** What the user wrote; undefined where that is nothing. */
  chosen(name: string): string | undefined {
    const text = this.#env[name]?.trim() ?? '';
    return text === '' || isServiceLink(text) ? undefined : text;
  }

  read<T>({ name, kind, accepted, default: standard }: SettingVariable<T>): T {
    const text = this.chosen(name);
    if (text === undefined && isServiceLink(this.#env[name] ?? '')) {
      this.notices.push(`${name} is ${standard}: the value '${this.#env[name]}' is from Kubernetes, for a Service of that name`);
    }
    const parsed = kind.parse(text ?? standard);
    if (parsed !== undefined) return parsed.value;
    const message = `${name} value '${text}' is invalid`;
    this.problems.push({ code: 'SETTING_INVALID', variable: name, line: undefined, value: text, message, accepted });
    const usual = kind.parse(standard);
    if (usual === undefined) throw new TypeError(`the default of ${name} is not of its kind`);
    return usual.value;
  }
}

function isDebug(env: Environment): boolean {
  return [env.EGRESS_ROUTER_DEBUG, env.EGRESS_DNS_PROXY_DEBUG].some((text) => text !== undefined && text !== '');
}
