import type { RedirectList } from '../config/router-config.ts';
import { families, type IpAddress } from '../net/ip-address.ts';
import type { NetworkEffects } from '../source-ip/network-effects.ts';
import { type Connection, forget, forgetCommand, readConnections } from './connection.ts';

/**
 * Ends what rules that are gone began: the kernel looks at the map for the first packet of a connection only, so an open one would go on to
 * the old destination for ever. To be called after the tables were made so.
 * @returns whether there was any
 * @throws RouterError
 */
export async function forgetConnections(
  { run, log }: Pick<NetworkEffects, 'run' | 'log'>,
  list: RedirectList,
  sourceAddresses: readonly IpAddress[],
): Promise<boolean> {
  let forgotten = false;
  for (const family of families) {
    const sources = sourceAddresses.filter((address) => address.family === family).map(({ text }) => text);
    if (sources.length === 0) continue;
    // Others may translate in this pod too; ours leave from the source IP.
    const ours = (await readConnections(run, family)).filter(({ answeredTo }) => sources.includes(answeredTo));
    const commands = new Set(findOrphans(list, ours).map((orphan) => forgetCommand(orphan).join(' ')));
    for (const command of commands) await forget(run, command.split(' '));
    if (commands.size > 0)
      log.info({ step: 'connections', family, changed: true, changes: [...commands] }, 'connections of removed rules ended');
    forgotten ||= commands.size > 0;
  }
  return forgotten;
}

/** Those of the connections that the list would send elsewhere, or nowhere. */
export function findOrphans(list: RedirectList, connections: readonly Connection[]): Connection[] {
  const targets = indexTargets(list);
  return connections.filter((connection) => {
    const { family, protocol, port, destination, destinationPort } = connection;
    return targets(family, protocol, port) !== `${destination} ${destinationPort}`;
  });
}

/** Where the list sends a new connection, as `ADDRESS PORT`; the same precedence as the translation: port, range, fallback. */
function indexTargets(list: RedirectList) {
  const ports = new Map(
    list.rules
      .filter(({ ports: { first, last } }) => first === last)
      .map((rule) => [`${rule.destination.family} ${rule.protocol} ${rule.ports.first}`, rule] as const),
  );
  const ranges = list.rules.filter(({ ports: { first, last } }) => first !== last);
  return (family: Connection['family'], protocol: Connection['protocol'], port: number): string | undefined => {
    const rule =
      ports.get(`${family} ${protocol} ${port}`) ??
      ranges.find(
        (range) =>
          range.destination.family === family && range.protocol === protocol && range.ports.first <= port && port <= range.ports.last,
      );
    const destination = rule?.destination ?? list.fallbacks.find((fallback) => fallback.destination.family === family)?.destination;
    return destination === undefined ? undefined : `${destination.text} ${rule?.targetPort ?? port}`;
  };
}
