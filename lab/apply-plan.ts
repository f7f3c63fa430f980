import { Host } from './host.ts';
import { HostProcess } from './host-process.ts';
import type { HostName, HostPlan, LabPlan, MacvlanPlan, VethPlan } from './plan.ts';

/** The machines of a lab that is up. A lab has no `otherRouter` unless it was asked for. */
export type Hosts<Name extends string = HostName> = ReadonlyMap<Name, Host>;

/**
 * Brings a plan up. The caller disposes of the hosts; on an error they are disposed of here.
 * @throws Error with the message of `ip` or `nft` when they refuse the plan.
 */
export async function applyPlan<Name extends string = HostName>(plan: LabPlan<Name>, folder: string): Promise<Hosts<Name>> {
  const started = await Promise.allSettled(
    plan.hosts.map(
      async ({ host, sysctls, nameservers }) => [host, await Host.start({ name: host, folder, sysctls, nameservers })] as const,
    ),
  );
  const hosts = new Map(started.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : [])));
  try {
    for (const result of started) if (result.status === 'rejected') throw result.reason;
    // Both ends are made in their namespaces at once: nothing of a lab ever has a name in the sandbox's own.
    await runScript([], batch(plan.veths.map((veth) => vethLine(veth, hosts))));
    for (const macvlan of plan.macvlans)
      await runScript(hostOf(hosts, macvlan.parentHost).words('sh', []), batch([macvlanLine(macvlan, hosts)]));
    await Promise.all(plan.hosts.map((host) => runScript(hostOf(hosts, host.host).words('sh', []), hostScript(host))));
  } catch (error) {
    await Promise.all([...hosts.values()].map((host) => host[Symbol.asyncDispose]()));
    throw error;
  }
  return hosts;
}

function vethLine<Name extends string>({ ends: [left, right], mtu }: VethPlan<Name>, hosts: Hosts<Name>): string {
  const end = ({ host, name, mac }: typeof left) =>
    `name ${name} mtu ${mtu}${mac === undefined ? '' : ` address ${mac}`} netns ${hostOf(hosts, host).pid}`;
  return `link add ${end(left)} type veth peer ${end(right)}`;
}

function macvlanLine<Name extends string>({ parent, mode, host, name }: MacvlanPlan<Name>, hosts: Hosts<Name>): string {
  return `link add link ${parent} name ${name} netns ${hostOf(hosts, host).pid} type macvlan mode ${mode}`;
}

function hostScript({ ip, interfaceSysctls, nft }: HostPlan<string>): string {
  return [
    batch(ip),
    ...interfaceSysctls.map(([path, value]) => `echo ${value} > /proc/sys/net/${path}`),
    ...(nft === '' ? [] : [heredoc('nft -f -', nft)]),
  ].join('\n');
}

function batch(lines: readonly string[]): string {
  return lines.length === 0 ? '' : heredoc('ip -batch -', lines.join('\n'));
}

function heredoc(command: string, text: string): string {
  return `${command} <<'END'\n${text}\nEND`;
}

async function runScript(words: readonly string[], script: string): Promise<void> {
  const shell = await HostProcess.start(words.length === 0 ? ['sh'] : words, { input: `set -e\n${script}\n` });
  const { code } = await shell.exit;
  if (code !== 0) throw new Error(`the test network was refused: ${shell.stderr}`);
}

function hostOf<Name extends string>(hosts: Hosts<Name>, name: Name): Host {
  const host = hosts.get(name);
  if (host === undefined) throw new Error(`this lab has no host '${name}'`);
  return host;
}
