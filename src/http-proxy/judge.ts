import type { IpAddress } from '../net/ip-address.ts';
import { type AccessPolicy, type AllowedAddress, decide } from './decide.ts';
import type { Destination } from './destination.ts';
import { denial, Failure } from './failure.ts';

/** Looks up the addresses of a name, all of both families. */
export type Resolve = (name: string) => Promise<readonly IpAddress[]>;

/**
 * The addresses of a destination that may be dialled, at least one. The name is resolved once, and only when the decision depends on it or
 * an address is needed; when it cannot be, the request fails, and no later rule is tried.
 * @throws Failure when it is denied, and what `resolve` throws
 */
export async function judge(
  policy: AccessPolicy,
  destination: Destination,
  resolve: Resolve,
): Promise<readonly [AllowedAddress, ...AllowedAddress[]]> {
  let decision = decide(policy, destination, undefined);
  if (decision.outcome === 'resolve' && destination.host.kind === 'name') {
    decision = decide(policy, destination, await resolve(destination.host.name));
  }
  if (decision.outcome === 'deny') throw denial(decision, policy.rules.list);
  if (decision.outcome === 'resolve') throw new Failure('name-unknown', 'the name has no address');
  return decision.addresses;
}
