import { mkdir, readdir, symlink, writeFile } from 'node:fs/promises';
import type { Host, RunResult } from '../host.ts';
import { HostProcess } from '../host-process.ts';
import { clusterAddresses, type NodeName } from './addresses.ts';
import type { ClusterNode, KubectlOptions } from './cluster.ts';
import { Machine } from './machine.ts';
import { machineScript } from './machine-script.ts';
import { cniConfig, containerdConfig, kubeletConfig, kubeProxyConfig } from './node-config.ts';
import { type NodePaths, nodePaths } from './node-paths.ts';
import type { Pki } from './pki.ts';
import { nodeMasquerade } from './plan-network.ts';
import { poll } from './poll.ts';

/** What a node is made of. */
export interface NodeOptions {
  readonly name: NodeName;
  readonly host: Host;
  readonly lan: Host;
  readonly controlPlane: Host;
  readonly folder: string;
  readonly pki: Pki;
  readonly cgroup: string;
  readonly programs: string;
  readonly logs: string;
  readonly kubectl: (words: readonly string[], options?: KubectlOptions) => Promise<string>;
}

/** Where Debian's containernetworking-plugins are. */
const cniPrograms = '/usr/lib/cni';

/** A node of namespaces. */
export class LabNode implements ClusterNode {
  readonly name: NodeName;
  readonly host: Host;
  readonly uplink = 'eth1';
  readonly #options: NodeOptions;
  readonly #paths: NodePaths;
  readonly #machine: Machine;

  constructor(options: NodeOptions) {
    this.name = options.name;
    this.host = options.host;
    this.#options = options;
    this.#paths = nodePaths(options.folder);
    this.#machine = new Machine(options.host, options.folder);
  }

  get lanAddress(): string {
    return clusterAddresses.ipv4.nodes[this.name].lan;
  }

  /** Writes its files: once, before it is booted for the first time. */
  async install(): Promise<void> {
    const paths = this.#paths;
    const { pki, cgroup, programs } = this.#options;
    const folders = [paths.varLib, paths.varLog, paths.sysctls, paths.cniPrograms, paths.cniConfigs, `${paths.folder}/cgroup`];
    for (const folder of folders) await mkdir(folder, { recursive: true });
    for (const program of await readdir(cniPrograms)) await symlink(`${cniPrograms}/${program}`, `${paths.cniPrograms}/${program}`);
    await symlink(`${programs}/multus-stand-in`, `${paths.cniPrograms}/multus-stand-in`);
    await writeFile(`${paths.cniConfigs}/00-multus-stand-in.conf`, cniConfig(this.name, pki));
    await writeFile(paths.containerd, containerdConfig(paths));
    await writeFile(paths.kubelet, kubeletConfig(this.name, cgroup, pki));
    await writeFile(paths.kubeProxy, kubeProxyConfig(this.name, pki));
  }

  /** Starts its programs. Resolves when containerd answers. */
  async boot(): Promise<void> {
    const log = `${this.#options.logs}/${this.name}.log`;
    await this.#machine.start(machineScript({ ...this.#options, paths: this.#paths }), log);
    await poll(`${this.name} runs containerd (${log})`, 120_000, async () => {
      try {
        return (await this.run('ctr', ['version'])).code === 0;
      } catch {
        // Not even its first process is there.
        return false;
      }
    });
  }

  /** Resolves when Kubernetes has heard from it after `since`, and says Ready. */
  async untilReady(since: Date): Promise<void> {
    const path = '{range .status.conditions[?(@.type=="Ready")]}{.status} {.lastHeartbeatTime}{end}';
    await poll(`${this.name} is Ready (${this.#options.logs}/${this.name}-kubelet.log)`, 120_000, async () => {
      const words = ['get', 'node', this.name, '--ignore-not-found', '-o', `jsonpath=${path}`];
      const [status, heartbeat = ''] = (await this.#options.kubectl(words)).split(' ');
      // The API's times have whole seconds.
      return status === 'True' && Date.parse(heartbeat) + 1000 > since.getTime();
    });
  }

  async run(command: string, args: readonly string[]): Promise<RunResult> {
    const child = await HostProcess.start(await this.#machine.words(command, args));
    const { code } = await child.exit;
    return { code: code ?? 128, stdout: child.stdout, stderr: child.stderr };
  }

  async spawn(command: string, args: readonly string[]): Promise<HostProcess> {
    return HostProcess.start(await this.#machine.words(command, args), { keepInput: true });
  }

  async output(command: string, args: readonly string[]): Promise<string> {
    const { code, stdout, stderr } = await this.run(command, args);
    if (code === 0) return stdout;
    throw new Error(`${this.name}: '${[command, ...args].join(' ')}' ended with ${code}: ${stderr}${stdout}`);
  }

  async powerOff(): Promise<void> {
    await this.#setCables('down');
    await this.#machine.kill();
    // The network namespace stays; what a kernel that booted would not know goes.
    await this.host.output('sh', ['-c', 'nft flush ruleset; conntrack -F 2>/dev/null; ip neighbour flush all']);
  }

  async powerOn(): Promise<void> {
    const since = new Date();
    await this.host.output('nft', ['-f', '-'], { input: nodeMasquerade() });
    await this.#setCables('up');
    await this.boot();
    await this.untilReady(since);
  }

  /** At the switches' end: the node's addresses and routes stay. */
  async #setCables(state: 'up' | 'down'): Promise<void> {
    for (const host of [this.#options.lan, this.#options.controlPlane]) await host.output('ip', ['link', 'set', this.name, state]);
  }
}
