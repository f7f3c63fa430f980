import { resolve } from 'node:path';
import type { Host } from '../host.ts';
import { type MachineName, type NodeName, nodeNames } from './addresses.ts';
import type { Cluster, KubectlOptions } from './cluster.ts';
import { LabNode } from './node.ts';
import { Pki } from './pki.ts';

/** What must be known of a cluster to use it from any process of its sandbox. */
export interface ClusterState {
  /** Its files. */
  readonly folder: string;
  /** etcd, Kubernetes and the stand-in for Multus. */
  readonly programs: string;
  readonly logs: string;
  /** The prefix of its cgroups' names. */
  readonly cgroup: string;
}

/** A cluster whose machines are there. */
export class RunningCluster implements Cluster {
  readonly nodes: readonly [LabNode, LabNode];
  readonly #state: ClusterState;
  readonly #hosts: ReadonlyMap<MachineName, Host>;

  constructor(state: ClusterState, hosts: ReadonlyMap<MachineName, Host>) {
    this.#state = state;
    this.#hosts = hosts;
    const [first, second] = nodeNames;
    this.nodes = [this.#node(first), this.#node(second)];
  }

  get lan(): Host {
    return this.#host('lan');
  }

  get gateway(): Host {
    return this.#host('gateway');
  }

  get outside(): Host {
    return this.#host('outside');
  }

  get controlPlane(): Host {
    return this.#host('controlPlane');
  }

  get neighbours(): readonly [Host, Host] {
    return [this.#host('neighbour1'), this.#host('neighbour2')];
  }

  get pki(): Pki {
    return new Pki(`${this.#state.folder}/pki`);
  }

  async kubectl(words: readonly string[], { input = '', timeout = 60_000 }: KubectlOptions = {}): Promise<string> {
    const asAdministrator = `--kubeconfig=${this.pki.kubeconfig('admin')}`;
    const child = await this.controlPlane.spawn(`${this.#state.programs}/kubectl`, [asAdministrator, ...words], { input });
    const timer = setTimeout(() => child.kill('SIGKILL'), timeout);
    const { code, signal } = await child.exit;
    clearTimeout(timer);
    if (code === 0) return child.stdout;
    const end = signal === null ? `ended with ${code}` : `was killed after ${timeout} ms`;
    throw new Error(`kubectl ${words.join(' ')} ${end}: ${child.stderr}${child.stdout}`);
  }

  async loadImage(archive: string): Promise<void> {
    const words = ['--namespace=k8s.io', 'images', 'import', resolve(archive)];
    await Promise.all(this.nodes.map((node) => node.output('ctr', words)));
  }

  #node(name: NodeName): LabNode {
    const { folder, cgroup } = this.#state;
    return new LabNode({
      ...this.#state,
      name,
      host: this.#host(name),
      lan: this.lan,
      controlPlane: this.controlPlane,
      folder: `${folder}/${name}`,
      pki: this.pki,
      cgroup: `${cgroup}-${name}`,
      kubectl: (words, options) => this.kubectl(words, options),
    });
  }

  #host(name: MachineName): Host {
    const host = this.#hosts.get(name);
    if (host === undefined) throw new Error(`the cluster has no machine '${name}'`);
    return host;
  }
}
