import { type Dial, DialError } from '../net/dial.ts';
import type { IpAddress } from '../net/ip-address.ts';
import { resetSocket } from '../net/reset-socket.ts';
import { type HealthLimits, recordCheck, untested } from './health.ts';

/** One address and port that connections of a backend can go to. */
export interface Endpoint {
  readonly address: IpAddress;
  readonly port: number;
  /** What the last health checks say. */
  healthy(): boolean;
  /** Ends the health checks; connections are not touched. */
  close(): void;
}

/** How an endpoint is checked. */
export interface CheckOptions extends HealthLimits {
  /** From the start of one check to the start of the next, in milliseconds; also how long a check may take. */
  readonly interval: number;
  readonly dial: Dial;
  /** Told when checks take the endpoint out or bring it back, with what the last one met. */
  readonly onChange: (healthy: boolean, cause: string) => void;
}

/** Begins to check an endpoint by connecting to it, at once and then each interval. The caller closes it. */
export function openEndpoint(address: IpAddress, port: number, { interval, dial, onChange, ...limits }: CheckOptions): Endpoint {
  const closed = new AbortController();
  let health = untested;
  let timer: NodeJS.Timeout | undefined;
  const check = async () => {
    const started = performance.now();
    const cause = await connectOnce(dial, address, port, interval, closed.signal);
    if (closed.signal.aborted) return;
    const before = health.healthy;
    // That we have no descriptor left says nothing about the endpoint.
    if (cause !== 'exhausted') health = recordCheck(health, cause === undefined, limits);
    if (health.healthy !== before) onChange(health.healthy, cause ?? 'connected');
    timer = setTimeout(check, Math.max(0, started + interval - performance.now()));
  };
  check();
  return {
    address,
    port,
    healthy: () => health.healthy,
    close() {
      closed.abort();
      clearTimeout(timer);
    },
  };
}

/** undefined = connected. A reset ends it: an endpoint that waits for our first byte must not keep half of a connection. */
async function connectOnce(dial: Dial, address: IpAddress, port: number, timeout: number, signal: AbortSignal) {
  try {
    const socket = await dial(address, port, { timeout, signal });
    resetSocket(socket);
    return undefined;
  } catch (error) {
    if (error instanceof DialError) return error.kind;
    throw error;
  }
}
