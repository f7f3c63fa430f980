import type { AccessRule } from '../config/router-config.ts';
import type { IpAddress } from '../net/ip-address.ts';
import { PrefixTree } from '../net/prefix-tree.ts';
import type { Host } from './destination.ts';

/** A rule and its place in the list. */
interface Placed {
  readonly place: number;
  readonly rule: AccessRule;
}

/** Finds rules without a look at each: by name, by every domain around the name, by prefix. What it costs does not grow with the list. */
export class RuleIndex {
  /** The variable that the rules came by. */
  readonly list: string;
  /** The first with a prefix: from there on a decision depends on addresses. */
  readonly firstPrefix: AccessRule | undefined;
  readonly #hosts = new Map<string, Placed[]>();
  readonly #domains = new Map<string, Placed[]>();
  readonly #prefixes = new PrefixTree<Placed>();
  readonly #any: Placed[] = [];

  constructor(rules: readonly AccessRule[]) {
    this.list = rules[0]?.variable ?? 'the access list';
    this.firstPrefix = rules.find(({ pattern }) => pattern.kind === 'prefix');
    for (const [place, rule] of rules.entries()) {
      const { pattern } = rule;
      if (pattern.kind === 'any') this.#any.push({ place, rule });
      else if (pattern.kind === 'prefix') this.#prefixes.add(pattern.prefix, { place, rule });
      else addTo(pattern.kind === 'host' ? this.#hosts : this.#domains, pattern.name, { place, rule });
    }
  }

  /** Those that match the host by name, or whose prefix contains one of the addresses, in the list's order. */
  matching(host: Host, addresses: readonly IpAddress[]): readonly AccessRule[] {
    const found = [...this.#any];
    if (host.kind === 'name') {
      found.push(...(this.#hosts.get(host.name) ?? []));
      if (this.#domains.size > 0) found.push(...domainsAround(host.name).flatMap((domain) => this.#domains.get(domain) ?? []));
    }
    for (const address of addresses) found.push(...this.#prefixes.valuesOf(address));
    // Two addresses may lie in one prefix.
    const distinct = found.length < 2 ? found : [...new Set(found)].sort((a, b) => a.place - b.place);
    return distinct.map(({ rule }) => rule);
  }
}

/** The name itself, then what is behind each of its dots. */
function domainsAround(name: string): string[] {
  const domains = [name];
  for (let dot = name.indexOf('.'); dot !== -1; dot = name.indexOf('.', dot + 1)) domains.push(name.slice(dot + 1));
  return domains;
}

function addTo(map: Map<string, Placed[]>, name: string, placed: Placed): void {
  const known = map.get(name);
  if (known === undefined) map.set(name, [placed]);
  else known.push(placed);
}
