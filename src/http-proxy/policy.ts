import type { AccessRule, Cluster } from '../config/router-config.ts';
import type { IpAddress } from '../net/ip-address.ts';
import type { AccessPolicy } from './decide.ts';
import { RuleIndex } from './rule-index.ts';
import { specialRanges } from './special-ranges.ts';

/** Addresses of interfaces change seldom; to ask the kernel for them takes longer than to judge a request. In milliseconds. */
const maxAge = 1_000;

/** What a policy is made of. */
export interface PolicySources {
  readonly rules: readonly AccessRule[];
  readonly cluster: Cluster;
  readonly ownAddresses: () => readonly IpAddress[];
  readonly ownPorts: readonly number[];
}

/** The policy as it is now, with own addresses at most a second old. */
export function createPolicy({ rules, cluster, ownAddresses, ownPorts }: PolicySources): () => AccessPolicy {
  const index = new RuleIndex(rules);
  let policy: AccessPolicy | undefined;
  let readAt = 0;
  return () => {
    const now = performance.now();
    if (policy !== undefined && now - readAt < maxAge) return policy;
    const own = ownAddresses();
    readAt = now;
    policy = { rules: index, specialRanges: specialRanges(cluster, own), ownAddresses: own, ownPorts };
    return policy;
  };
}
