import type { RouterConfig } from '../config/router-config.ts';
import { type Family, type IpAddress, parseIpAddress } from '../net/ip-address.ts';
import type { Run } from '../net/run.ts';
import { type NetworkInterface, readInterfaces } from './network-interface.ts';
import { clusterExceptions, planPolicyRules } from './plan-policy-rules.ts';
import { unreachableRoute } from './plan-source-ip.ts';
import { type PolicyRule, policyRuleCommand, readPolicyRules, without } from './policy-rule.ts';
import { isStrayRoute } from './remove-strays.ts';
import { type Route, readRoutes, routeCommand, sameRoute } from './route.ts';
import { externalTable, priority } from './routing.ts';

/** A source IP that `setup` claimed, as the network shows it to a process without privileges and without the variables. */
export interface ClaimedSource {
  readonly address: IpAddress;
  /** undefined = the route to it is gone, and was never seen. */
  readonly gateway: IpAddress | undefined;
  /** Whether the external interface has it, free of conflict. */
  readonly usable: boolean;
}

/** Addresses, policy rules and routes at one moment. */
export interface NetworkState {
  readonly interfaces: readonly NetworkInterface[];
  readonly families: readonly Family[];
  readonly rules: readonly PolicyRule[];
  readonly routes: readonly Route[];
}

/** What an inspection found. */
export interface Inspection {
  /** A sentence for each thing that is not as `setup` leaves it; empty = all is well. */
  readonly reasons: readonly string[];
  readonly sources: readonly ClaimedSource[];
}

/** Reads what can be read without privileges: no tables of nft, no connection tracking. @throws RouterError */
export async function readNetworkState(run: Run, families: readonly Family[]): Promise<NetworkState> {
  const rules = await Promise.all(families.map((family) => readPolicyRules(run, family)));
  const routes = await Promise.all(families.map((family) => readRoutes(run, family)));
  return { interfaces: await readInterfaces(run), families, rules: rules.flat(), routes: routes.flat() };
}

/**
 * Compares the network with what `setup` leaves.
 * @param known the sources of the last inspection: one that vanished since is missed. With the variables of `setup` at hand, theirs are used
 */
export function inspectNetwork(state: NetworkState, config: RouterConfig, known: readonly ClaimedSource[]): Inspection {
  const { clusterInterface, externalInterface } = config.settings;
  const sources = findSources(state, config, known);
  if (sources.length === 0) {
    const rule = `no policy rule ${priority.fromSource} tells the source IP`;
    return { reasons: [`no source IP was set up in this pod: ${rule}; see the log of the init container`], sources };
  }
  return {
    reasons: [
      ...inspectInterfaces(state, clusterInterface, externalInterface),
      ...sources.flatMap((source) => inspectSource(state, externalInterface, source)),
      ...inspectRules(state, config, sources),
      ...inspectRoutes(state, externalInterface),
    ],
    sources,
  };
}

function findSources(state: NetworkState, config: RouterConfig, known: readonly ClaimedSource[]): ClaimedSource[] {
  const configured = config.sourceIps.map(({ address, gateway }) => ({ address, gateway }));
  const candidates = configured.length > 0 ? configured : [...known, ...sourcesOfRules(state)];
  const byAddress = new Map(candidates.toReversed().map((candidate) => [candidate.address.text, candidate]));
  const { addresses = [] } = state.interfaces.find(({ name }) => name === config.settings.externalInterface) ?? {};
  return [...byAddress.values()].toReversed().map(({ address, gateway }) => ({
    address,
    gateway: gateway ?? gatewayOf(state, address.family),
    usable: addresses.some((own) => own.address === address.text && !own.tentative),
  }));
}

/** `setup` leaves a rule for each source IP: the only trace that tells it to another container. */
function sourcesOfRules({ rules }: NetworkState): Omit<ClaimedSource, 'usable'>[] {
  return rules
    .filter((rule) => rule.priority === priority.fromSource)
    .flatMap(({ from = '' }) => {
      const address = parseIpAddress(from);
      return address === undefined ? [] : [{ address, gateway: undefined }];
    });
}

function defaultRoute({ routes }: NetworkState, family: Family): Route | undefined {
  return routes.find(
    (route) => route.family === family && route.table === externalTable && route.type === 'unicast' && route.destination === 'default',
  );
}

function gatewayOf(state: NetworkState, family: Family): IpAddress | undefined {
  return parseIpAddress(defaultRoute(state, family)?.gateway ?? '');
}

function inspectInterfaces({ interfaces }: NetworkState, ...names: readonly string[]): string[] {
  return names.flatMap((name) => {
    const found = interfaces.find((candidate) => candidate.name === name);
    if (found === undefined) return [`there is no interface ${name}`];
    return found.up ? [] : [`${name} is down`];
  });
}

function inspectSource(state: NetworkState, device: string, { address, gateway, usable }: ClaimedSource): string[] {
  const reasons: string[] = [];
  if (!usable) {
    const own = state.interfaces.find(({ name }) => name === device)?.addresses.find((candidate) => candidate.address === address.text);
    if (own === undefined) reasons.push(`${device} does not have the source IP ${address.text}`);
    else
      reasons.push(own.duplicate ? `another host has the source IP ${address.text}` : `the source IP ${address.text} is still tentative`);
  }
  const route = defaultRoute(state, address.family);
  const way = `from ${address.text} to its gateway${gateway === undefined ? '' : ` ${gateway.text}`}`;
  if (route === undefined) reasons.push(`table ${externalTable} has no default route ${way}`);
  else if (route.device !== device || (gateway !== undefined && route.gateway !== gateway.text)) {
    reasons.push(`table ${externalTable} has another route than that ${way}: ${routeCommand('replace', route).join(' ')}`);
  }
  return reasons;
}

function inspectRules(state: NetworkState, config: RouterConfig, sources: readonly ClaimedSource[]): string[] {
  const { clusterInterface } = config.settings;
  const cluster = state.interfaces.find(({ name }) => name === clusterInterface);
  const wanted = planPolicyRules({
    clusterInterface,
    families: state.families,
    podAddresses: (cluster?.addresses ?? []).filter(({ scope }) => scope === 'global'),
    exceptions: clusterExceptions(config.cluster),
    sourceAddresses: sources.map(({ address }) => address),
  });
  // Which cluster ranges the init container was given is not known here.
  const foreign = without(state.rules, wanted).filter(
    (rule) => rule.priority >= priority.icmpErrors && rule.priority <= priority.redirected && rule.priority !== priority.toCluster,
  );
  return [
    ...without(wanted, state.rules).map(
      (rule) => `a policy rule is missing: ${policyRuleCommand('add', rule).join(' ')}${rangeHint(rule)}`,
    ),
    ...foreign.map((rule) => `a policy rule is not ours: ${policyRuleCommand('add', rule).join(' ')}`),
  ];
}

/** A range of the user is the one exception for every protocol; those of nameservers and the API are for their ports. */
function rangeHint(rule: PolicyRule): string {
  const isRange = rule.priority === priority.toCluster && rule.protocol === undefined;
  return isRange ? '; EGRESS_CLUSTER_CIDRS must be the same on both containers' : '';
}

function inspectRoutes({ routes, families }: NetworkState, device: string): string[] {
  const missing = families.map(unreachableRoute).filter((route) => !routes.some((present) => sameRoute(present, route)));
  const strays = routes.filter((route) => isStrayRoute(route, device));
  return [
    ...missing.map((route) => `a route is missing: ${routeCommand('replace', route).join(' ')}`),
    ...strays.map((route) => `a route of table main leads to ${device}: ${routeCommand('replace', route).join(' ')}`),
  ];
}
