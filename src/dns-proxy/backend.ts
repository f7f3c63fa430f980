import { type IpAddress, sameAddress } from '../net/ip-address.ts';
import type { Endpoint } from './endpoint.ts';

/** The endpoints of one route. */
export interface Backend {
  /** Makes the endpoints be these addresses: new ones are opened, those that are no longer there closed, all others stay as they are. */
  setAddresses(addresses: readonly IpAddress[], cause: string): void;
  /** The next healthy endpoint in turn that is not among `tried`; undefined = there is none. */
  pick(tried: ReadonlySet<Endpoint>): Endpoint | undefined;
  close(): void;
}

/** What a backend needs. */
export interface BackendOptions {
  readonly open: (address: IpAddress) => Endpoint;
  /** Told of each endpoint that comes or goes, with the cause given to `setAddresses`. */
  readonly onChange: (change: 'added' | 'removed', address: IpAddress, cause: string) => void;
}

/** A backend without endpoints. The caller closes it. */
export function createBackend({ open, onChange }: BackendOptions): Backend {
  let endpoints: readonly Endpoint[] = [];
  let turn = 0;
  return {
    setAddresses(addresses, cause) {
      const gone = endpoints.filter((endpoint) => !addresses.some((address) => sameAddress(address, endpoint.address)));
      const kept = endpoints.filter((endpoint) => !gone.includes(endpoint));
      const fresh = addresses.filter((address) => !kept.some((endpoint) => sameAddress(address, endpoint.address)));
      for (const endpoint of gone) {
        endpoint.close();
        onChange('removed', endpoint.address, cause);
      }
      for (const address of fresh) onChange('added', address, cause);
      endpoints = [...kept, ...fresh.map(open)];
    },
    pick(tried) {
      const candidates = endpoints.filter((endpoint) => endpoint.healthy() && !tried.has(endpoint));
      turn += 1;
      return candidates[turn % candidates.length];
    },
    close() {
      for (const endpoint of endpoints) endpoint.close();
      endpoints = [];
    },
  };
}
