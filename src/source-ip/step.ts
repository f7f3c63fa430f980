import type { Family, IpAddress } from '../net/ip-address.ts';
import type { Table } from '../nftables/ruleset.ts';
import type { PolicyRule } from './policy-rule.ts';
import type { Route } from './route.ts';
import type { Sysctl } from './sysctl.ts';

/** One thing that has to be so. Its data says what, `applyStep` makes it so, `stepCommands` says how that looks on a fresh pod. */
export type Step =
  | InterfacesStep
  | UnreachableRoutesStep
  | TablesStep
  | PolicyRulesStep
  | SysctlsStep
  | LinkStep
  | StraysStep
  | DuplicateCheckStep
  | AddressStep
  | RoutesStep
  | AnnounceStep;

/** Both interfaces are there. */
export interface InterfacesStep {
  readonly step: 'interfaces';
  readonly interfaces: readonly string[];
}

/** What the external table has no other route for is refused. First of all, and never removed: a policy rule that finds its table empty falls through to main. */
export interface UnreachableRoutesStep {
  readonly step: 'unreachable-routes';
  readonly routes: readonly Route[];
}

/** Translation and guards, in one transaction. */
export interface TablesStep {
  readonly step: 'tables';
  readonly tables: readonly Table[];
}

/** Which packets look into which routing table. */
export interface PolicyRulesStep {
  readonly step: 'policy-rules';
  readonly rules: readonly PolicyRule[];
}

/** Kernel settings. */
export interface SysctlsStep {
  readonly step: 'sysctls';
  readonly sysctls: readonly Sysctl[];
}

/** The external interface is up. */
export interface LinkStep {
  readonly step: 'link';
  readonly device: string;
}

/** What others put on the external interface is gone: addresses that are not ours, and its routes in table main, where they would take answers to clients and probes away from the cluster's interface. */
export interface StraysStep {
  readonly step: 'strays';
  readonly families: readonly Family[];
  readonly device: string;
  readonly addresses: readonly IpAddress[];
}

/** Nobody else on the network has the source IP (ARP; IPv6 is checked by the kernel when it gets the address). */
export interface DuplicateCheckStep {
  readonly step: 'duplicate-check';
  readonly device: string;
  readonly address: IpAddress;
  /** Milliseconds to go on asking after somebody answered. */
  readonly timeout: number;
}

/** The external interface has the source IP, and it can be used. */
export interface AddressStep {
  readonly step: 'address';
  readonly device: string;
  readonly address: IpAddress;
  /** IPv6: `off` = used without asking whether somebody else has it. */
  readonly duplicateCheck: 'on' | 'off';
  /** Milliseconds to go on trying while somebody else has it. */
  readonly timeout: number;
}

/** The external table leads to the gateway, and to nothing else that another set-up left there. */
export interface RoutesStep {
  readonly step: 'routes';
  readonly families: readonly Family[];
  readonly routes: readonly Route[];
}

/** The network knows where the source IP is now, and the gateway answers. */
export interface AnnounceStep {
  readonly step: 'announce';
  readonly device: string;
  readonly address: IpAddress;
  readonly gateway: IpAddress;
}

/** What each step is for, in the words of logs and printed plans. */
export const stepTitles: Readonly<Record<Step['step'], string>> = {
  interfaces: 'both interfaces are there',
  'unreachable-routes': 'what the external table has no other route for is refused',
  tables: 'translation and guards, all at once',
  'policy-rules': 'which packets look into the external table',
  sysctls: 'kernel settings, written only where they differ',
  link: 'the external interface is up',
  strays: 'nothing of others is on the external interface: addresses, and routes in table main',
  'duplicate-check': 'nobody else has the source IP',
  address: 'the external interface has the source IP',
  routes: 'the external table leads to the gateway',
  announce: 'the network is told where the source IP is, and the gateway answers',
};
