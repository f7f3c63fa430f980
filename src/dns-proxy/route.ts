import type { DnsRoute } from '../config/router-config.ts';
import type { Settings } from '../config/settings.ts';
import type { Resolver } from '../dns/resolver.ts';
import type { Dial } from '../net/dial.ts';
import { formatUrlHost, type IpAddress } from '../net/ip-address.ts';
import type { Log } from '../observe/log.ts';
import { type Backend, createBackend } from './backend.ts';
import { startController } from './controller.ts';
import { openEndpoint } from './endpoint.ts';
import type { EndpointRefusal } from './endpoint-refusal.ts';

/** A route that is kept current: what its listener asks where to go. */
export interface LiveRoute {
  /** The line it stands on, `VARIABLE:LINE TEXT`. */
  readonly rule: string;
  /** What the line names, `HOST:PORT`. */
  readonly destination: string;
  /** To listen on. */
  readonly port: number;
  readonly backend: Backend;
  /** Settles once the backend knows its endpoints, or that there are none. */
  readonly asked: Promise<void>;
  /** Ends look-ups and health checks. */
  close(): void;
}

/** The effects of a route. */
export interface RouteEffects {
  readonly resolver: Pick<Resolver, 'resolve'>;
  /** Judges the addresses that DNS gives; the address that a line names is never judged. */
  readonly refusal: EndpointRefusal;
  readonly dial: Dial;
  readonly log: Log;
}

/** What happens to endpoints: each is logged once. */
type EndpointChange = 'added' | 'removed' | 'up' | 'down' | 'refused';

/** Begins to resolve and to check. The caller closes it. */
export function startRoute(route: DnsRoute, settings: Settings, { resolver, refusal, dial, log }: RouteEffects): LiveRoute {
  const rule = `${route.variable}:${route.line} ${route.text}`;
  const target = route.backend.kind === 'name' ? route.backend.name : formatUrlHost(route.backend.address);
  const logChange = (change: EndpointChange, address: IpAddress, cause: string) => {
    const fields = { rule, endpoint: `${formatUrlHost(address)}:${route.targetPort}`, change, cause };
    if (change === 'down' || change === 'refused') log.warn(fields, 'endpoint');
    else log.info(fields, 'endpoint');
  };
  const backend = createBackend({
    open: (address) =>
      openEndpoint(address, route.targetPort, {
        interval: settings.dnsProxyCheckInterval,
        fall: settings.dnsProxyCheckFall,
        rise: settings.dnsProxyCheckRise,
        dial,
        onChange: (healthy, cause) => logChange(healthy ? 'up' : 'down', address, cause),
      }),
    onChange: logChange,
  });
  const live = { rule, destination: `${target}:${route.targetPort}`, port: route.port, backend };
  if (route.backend.kind === 'address') {
    backend.setAddresses([route.backend.address], 'configuration');
    return { ...live, asked: Promise.resolve(), close: backend.close };
  }
  const { name } = route.backend;
  const admit = createAdmission(refusal, (address, cause) => logChange('refused', address, cause));
  const controller = startController(name, {
    resolver,
    hold: settings.dnsProxyHold,
    onAddresses: (addresses, cause) => backend.setAddresses(admit(addresses), cause),
    onFailure(failure) {
      if (failure === undefined) log.info({ rule, name }, 'name resolves');
      else log.warn({ rule, name, cause: failure }, 'name does not resolve');
    },
  });
  const close = () => {
    controller.close();
    backend.close();
  };
  return { ...live, asked: controller.asked, close };
}

/** Lets through what is not refused. Tells of a refused address once, for as long as answers go on naming it. */
function createAdmission(refusal: EndpointRefusal, onRefused: (address: IpAddress, cause: string) => void) {
  let refused: readonly string[] = [];
  return (addresses: readonly IpAddress[]): readonly IpAddress[] => {
    const before = refused;
    refused = [];
    return addresses.filter((address) => {
      const cause = refusal(address);
      if (cause === undefined) return true;
      refused = [...refused, address.text];
      if (!before.includes(address.text)) onRefused(address, cause);
      return false;
    });
  };
}
