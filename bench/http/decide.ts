import { parseAccessList } from '../../src/config/access-list.ts';
import { decide } from '../../src/http-proxy/decide.ts';
import { createPolicy } from '../../src/http-proxy/policy.ts';
import { parseIpAddress } from '../../src/net/ip-address.ts';
import type { Row } from '../row.ts';
import { compare } from '../statistics.ts';
import type { Work } from './bench-run.ts';
import { makeRuleList } from './rule-list.ts';

const name = 'origin.bench.test';

/** Of a round, in milliseconds. */
const duration = 100;

/** The decision alone, in this process: no proxy, no network. The name's one address is known, and the last rule allows the name. */
export const decideAlone: Work = {
  name: 'decide',
  title: 'the decision alone, with 1, 1,000 and 10,000 rules',
  measure: async ({ settings }) => {
    const single = makeDecision(1);
    measure(single);
    return [1_000, 10_000].map((size): Row => {
      const listed = makeDecision(size);
      measure(listed);
      const rounds = Array.from({ length: settings.rounds }, () => ({ ours: measure(listed), peer: measure(single) }));
      return { work: `decide-${size}`, ...compare(rounds), peerName: 'decide, 1 rule', unit: 'ns', better: 'lower' };
    });
  },
};

/** A decision that must allow. */
function makeDecision(size: number): () => void {
  const text = makeRuleList(size, name).join('\n');
  const { value, problems } = parseAccessList({ variable: 'EGRESS_HTTP_PROXY_DESTINATION', text }, []);
  const address = parseIpAddress('192.0.2.1');
  if (value === undefined || problems.length > 0 || address === undefined) throw new Error('the list of the benchmark is no list');
  const cluster = { nameservers: [], apiServer: undefined, cidrs: [] };
  const policy = createPolicy({ rules: value.rules, cluster, ownAddresses: () => [], ownPorts: [] })();
  const destination = { host: { kind: 'name', name }, port: 80 } as const;
  return () => {
    const { outcome } = decide(policy, destination, [address]);
    if (outcome !== 'allow') throw new Error(`the decision was ${outcome}`);
  };
}

/** Nanoseconds of one call. */
function measure(call: () => void): number {
  const begin = performance.now();
  let calls = 0;
  let end = begin;
  // The clock is read seldom, for it takes as long as a decision.
  for (; end - begin < duration; end = performance.now()) {
    for (let index = 0; index < 100; index++) call();
    calls += 100;
  }
  return (1e6 * (end - begin)) / calls;
}
