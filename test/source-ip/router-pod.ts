import { execFileSync } from 'node:child_process';
import { addresses, type Family } from '../../lab/addresses.ts';
import type { Host, RunOptions, RunResult } from '../../lab/host.ts';
import { planTranslation } from '../../src/cli/translation.ts';
import { parseRouterConfig } from '../../src/config/parse-router-config.ts';
import type { RouterConfig } from '../../src/config/router-config.ts';
import type { Run } from '../../src/net/run.ts';
import type { Log } from '../../src/observe/log.ts';
import { applySourceIp } from '../../src/source-ip/apply-source-ip.ts';
import type { NetworkEffects } from '../../src/source-ip/network-effects.ts';
import { observePodNetwork } from '../../src/source-ip/observe-pod-network.ts';
import { planSourceIp } from '../../src/source-ip/plan-source-ip.ts';

/** The variables of an init container in the lab, without a list. */
export function sourceVariables(...families: readonly Family[]): Record<string, string> {
  return {
    EGRESS_ROUTER_MODE: 'http-proxy',
    EGRESS_SOURCE: families.map((family) => addresses[family].lan.source).join(),
    EGRESS_GATEWAY: families.map((family) => addresses[family].lan.gateway).join(),
  };
}

/** Runs `setup` in a router pod. Variables of this test's own process do not count. */
export function setup(router: Host, variables: Readonly<Record<string, string>>, options: RunOptions = {}): Promise<RunResult> {
  return router.run(process.execPath, ['src/main.ts', 'setup'], { ...options, env: variables });
}

/** Runs `setup`, which must succeed, and gives its log lines. */
export async function setupLines(router: Host, variables: Readonly<Record<string, string>>): Promise<LogLine[]> {
  const text = await router.output(process.execPath, ['src/main.ts', 'setup'], { env: variables });
  return parseLog(text);
}

/** What the tests look at in a log line. */
export interface LogLine {
  readonly level: string;
  readonly msg: string;
  readonly step?: string;
  readonly changed?: boolean;
  readonly changes?: readonly string[];
  readonly holder?: string;
}

/** The lines of a JSON log. */
export function parseLog(text: string): LogLine[] {
  return text.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line)]));
}

/**
 * Everything that `setup` touches, as text: equal texts, equal networks. Counters, the order of routes, and link-local addresses, which
 * each lab has of its own, are left out.
 */
export async function networkText(router: Host): Promise<string> {
  const commands = [
    'ip -4 rule',
    'ip -6 rule',
    'ip -4 route show table all',
    'ip -6 route show table all',
    'ip -brief address',
    'nft -s list table inet egress_router',
    'nft -s list table arp egress_router',
    'sysctl net.ipv4.ip_forward net.ipv6.conf.all.forwarding net.ipv6.conf.macvlan0.accept_ra net.ipv4.ip_unprivileged_port_start',
  ];
  const texts = await Promise.all(
    commands.map(async (line) => {
      const [command = '', ...args] = line.split(' ');
      const text = (await router.run(command, args)).stdout;
      if (line.includes(' route '))
        return [
          `# ${line}`,
          ...text
            .split('\n')
            .filter((route) => !/^(anycast|local) fe80/.test(route))
            .sort(),
        ].join('\n');
      return `# ${line}\n${text.replace(/ fe80::[0-9a-f:]+\/64/g, '')}`;
    }),
  );
  return texts.join('\n');
}

/** Milliseconds to wait for a line that will come: long, for a machine that does many other things. */
export const patience = 30_000;

/** Dials each target on port 7 by TCP and by UDP, says hello, and returns when all have answered, or after ten seconds. */
export async function reach(host: Host, targets: readonly string[]): Promise<void> {
  await host.run('timeout', ['10', 'bash', '--norc', '-c', `${dialAll(targets)}\nwait`]);
}

/** The same where no answer may come: half a second from when all packets were sent. */
export async function attempt(host: Host, targets: readonly string[]): Promise<void> {
  await host.run('bash', ['--norc', '-c', `${dialAll(targets)}\nsleep 0.5\nkill -KILL $(jobs -p)`]);
}

/**
 * A script for `bash --norc`: with a socket for standard input, as ours is, bash takes itself for a remote shell and reads its profile, which can take seconds.
 * Nothing that goes on in the background may hold our pipes: a run ends when they are closed.
 */
function dialAll(targets: readonly string[]): string {
  const dialTcp = (target: string) => `(exec 3<>/dev/tcp/${target}/7 && echo hello >&3 && head -c 1 <&3) > /dev/null 2>&1 &`;
  // Nobody sends a datagram again that was lost while a neighbour was being looked for.
  const dialUdp = (target: string) =>
    `(exec 3<>/dev/udp/${target}/7 && for i in 1 2 3; do echo hello >&3; [ -n "$(timeout 0.5 head -c 1 <&3)" ] && break; done) > /dev/null 2>&1 &`;
  return targets.flatMap((target) => [dialTcp(target), dialUdp(target)]).join('\n');
}

/** The configuration that `setup` has in a router pod, for tests that apply its plan themselves. */
export function configOf(variables: Readonly<Record<string, string>>): RouterConfig {
  const nameservers = ['ipv4', 'ipv6'] as const;
  const resolvConf = nameservers.map((family) => `nameserver ${addresses[family].service.dns}\n`).join('');
  return parseRouterConfig({ env: variables, command: 'setup', readFile: () => resolvConf });
}

/** A `Run` that starts programs in a host. */
export function runIn(host: Host): Run {
  return (command, args, options) => host.run(command, args, options);
}

/** Effects on a router pod from outside of it. */
export function effectsOn(router: Host, run: Run, log: Log = silent): NetworkEffects {
  const inRouter = (command: string, args: readonly string[], input = '') => {
    const [program = '', ...words] = router.words(command, args);
    return execFileSync(program, words, { encoding: 'utf8', input, stdio: ['pipe', 'pipe', 'pipe'] });
  };
  return {
    run,
    read: run,
    log,
    readSysctl: (path) => {
      try {
        return inRouter('cat', [`/proc/sys/${path}`]).trim();
      } catch {
        return undefined;
      }
    },
    writeSysctl: (path, value) => inRouter('tee', [`/proc/sys/${path}`], value),
    sleep: (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds)),
    now: () => performance.now(),
  };
}

/** Applies the whole plan from outside of the pod, but for the announcements: they take seconds and leave nothing in the pod. */
export async function applyPlan(router: Host, config: RouterConfig, run: Run = runIn(router)): Promise<void> {
  const mute: Run = async (command, args, options) =>
    /^(arping -[UAf]|ping) /.test([command, ...args].join(' ')) ? { code: 0, stdout: '', stderr: '' } : run(command, args, options);
  await applyWith(router, config, mute);
}

/** Applies the whole plan with every program started by `run`. */
export async function applyWith(router: Host, config: RouterConfig, run: Run): Promise<void> {
  const effects = effectsOn(router, run);
  const pod = await observePodNetwork(effects, config.settings.clusterInterface);
  await applySourceIp(planSourceIp(config, pod, planTranslation(config)), effects);
}

const silent: Log = { debug() {}, info() {}, warn() {}, error() {} };
