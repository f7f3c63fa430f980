import { readFileSync } from 'node:fs';
import { addresses, type Family, withLength } from '../../lab/addresses.ts';
import type { RunOptions, RunResult } from '../../lab/host.ts';
import type { HostProcess } from '../../lab/host-process.ts';
import type { Lab } from '../../lab/lab.ts';
import type { Mode } from '../../src/config/router-config.ts';

/** What a container is started with: variables that are added to a manifest's, and privileges. */
export interface ContainerOptions extends Pick<RunOptions, 'capabilities' | 'uid'> {
  readonly variables?: Readonly<Record<string, string>>;
}

/** The health port's default. */
export const healthPort = 9090;

/** Milliseconds to wait for what must come: much more than it takes, for the machine may run all suites at once. */
export const patience = 30_000;

const program = 'bin/egress-router';
const routerMode = { redirect: 'init', 'http-proxy': 'http-proxy', 'dns-proxy': 'dns-proxy' } as const satisfies Record<Mode, string>;

/** The port of the router pod that leads to the server's HTTP port, or to the proxy. */
export function webPort(mode: Mode, family: Family): number {
  // A route of the DNS proxy has one destination, so each family needs a port of its own.
  return { redirect: 80, 'http-proxy': 8080, 'dns-proxy': family === 'ipv4' ? 80 : 81 }[mode];
}

/** The port of the router pod that leads to the server's TCP echo; the proxy's, with HTTP. */
export function echoPort(mode: Mode, family: Family): number {
  return { redirect: 7, 'http-proxy': 8080, 'dns-proxy': family === 'ipv4' ? 7 : 8 }[mode];
}

/** The variables of a manifest's init container. Its source IP is asked about by no duplicate check. */
export function initVariables({ settings: { families } }: Lab, mode: Mode): Record<string, string> {
  const lans = families.map((family) => addresses[family].lan);
  const [first = 'ipv4'] = families;
  return {
    EGRESS_SOURCE: lans.map(({ source, prefix }) => withLength(source, prefix)).join(),
    EGRESS_GATEWAY: lans.map(({ gateway }) => gateway).join(),
    EGRESS_ROUTER_MODE: routerMode[mode],
    EGRESS_DUPLICATE_CHECK: 'off',
    EGRESS_CLUSTER_CIDRS: families.map((family) => addresses[family].otherSubnet.client).join(),
    KUBERNETES_SERVICE_HOST: addresses[first].service.api,
    KUBERNETES_SERVICE_PORT: '443',
    ...(mode === 'redirect' ? { EGRESS_DESTINATION: redirectList(families) } : {}),
  };
}

/** The variables of a manifest's main container. In redirect mode it has none. */
export function mainVariables({ settings: { families } }: Lab, mode: Mode): Record<string, string> {
  const settings = { EGRESS_WATCH_INTERVAL: '200ms', KUBERNETES_SERVICE_HOST: '', KUBERNETES_SERVICE_PORT: '' };
  switch (mode) {
    case 'redirect':
      return settings;
    case 'http-proxy':
      return { ...settings, EGRESS_HTTP_PROXY_DESTINATION: families.map((family) => addresses[family].outside.prefix).join('\n') };
    case 'dns-proxy':
      return { ...settings, EGRESS_DNS_PROXY_DESTINATION: dnsRoutes(families) };
  }
}

/** Runs the init container to its end, with the capabilities that its manifest gives it. */
export function runInit(lab: Lab, mode: Mode, { variables, ...privileges }: ContainerOptions = {}): Promise<RunResult> {
  const env = { ...initVariables(lab, mode), ...variables };
  return lab.host('router').run(program, [], { capabilities: ['net_admin', 'net_raw'], ...privileges, env });
}

/** The same, where it must succeed. @throws Error with what it wrote */
export async function setUp(lab: Lab, mode: Mode, options?: ContainerOptions): Promise<void> {
  const { code, stdout, stderr } = await runInit(lab, mode, options);
  if (code !== 0) throw new Error(`setup ended with ${code}: ${stderr}${stdout}`);
}

/** Starts the main container, as a user without any capability unless told otherwise. The lab ends it. */
export async function startMain(lab: Lab, mode: Mode, { variables, ...privileges }: ContainerOptions = {}): Promise<HostProcess> {
  const env = { ...mainVariables(lab, mode), ...variables };
  const args = mode === 'redirect' ? ['run'] : [];
  return lab.attach(await lab.host('router').spawn(program, args, { capabilities: [], ...unprivilegedUser(), ...privileges, env }));
}

/** Waits until a container that runs is ready. @throws Error with what it wrote when it is not in time */
export async function untilReady(container: HostProcess): Promise<void> {
  await container.line('"msg":"ready"', 'stdout', patience);
}

/** Both containers of a pod, one after the other; resolves when the main one is ready. The options are the main one's. */
export async function startRouterPod(lab: Lab, mode: Mode, options?: ContainerOptions): Promise<HostProcess> {
  await setUp(lab, mode);
  const main = await startMain(lab, mode, options);
  await untilReady(main);
  return main;
}

/** The user of the image, where the sandbox knows others than root. */
function unprivilegedUser(): { readonly uid?: number } {
  const uid = 65532;
  const ranges = readFileSync('/proc/self/uid_map', 'utf8').trim().split('\n');
  const isMapped = ranges.some((range) => {
    const [first = 0, , count = 0] = range.trim().split(/\s+/).map(Number);
    return uid >= first && uid < first + count;
  });
  return isMapped ? { uid } : {};
}

function redirectList(families: readonly Family[]): string {
  return families
    .flatMap((family) => {
      const [server] = addresses[family].outside.servers;
      return [`80 tcp ${server}`, `7 tcp ${server}`, `7 udp ${server}`];
    })
    .join('\n');
}

function dnsRoutes(families: readonly Family[]): string {
  return families
    .flatMap((family) => {
      const [server] = addresses[family].outside.servers;
      return [`${webPort('dns-proxy', family)} ${server} 80`, `${echoPort('dns-proxy', family)} ${server} 7`];
    })
    .join('\n');
}
