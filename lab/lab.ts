import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import type { Family } from './addresses.ts';
import { applyPlan, type Hosts } from './apply-plan.ts';
import type { Host } from './host.ts';
import { type Service, serviceElements } from './node-ruleset.ts';
import { type LabOptions, type LabSettings, settle } from './options.ts';
import type { HostName, LabPlan } from './plan.ts';
import { nodeAddressOf, planCluster, uplinkOf } from './plan-cluster.ts';
import { planOutside } from './plan-outside.ts';

/** A test network that is up. Disposing of it ends everything in it and removes its files. */
export class Lab {
  readonly settings: LabSettings;
  /** For files of the lab's programs; removed with it. */
  readonly folder: string;
  readonly #hosts: Hosts;
  readonly #attached: AsyncDisposable[] = [];

  constructor(settings: LabSettings, folder: string, hosts: Hosts) {
    this.settings = settings;
    this.folder = folder;
    this.#hosts = hosts;
  }

  /** @throws Error when this lab was built without the host. */
  host(name: HostName): Host {
    const host = this.#hosts.get(name);
    if (host === undefined) throw new Error(`this lab has no host '${name}'`);
    return host;
  }

  /** The node's own address: the source that the outside sees of a direct connection. */
  nodeAddress(family: Family): string {
    return nodeAddressOf(this.settings, family);
  }

  /** The node's interface that direct connections leave by. */
  get uplink(): string {
    return uplinkOf(this.settings);
  }

  /** Makes both nodes translate Services, as kube-proxy does. */
  async addServices(...services: readonly Service[]): Promise<void> {
    const nodes = [this.host('node'), this.host('otherNode')];
    await Promise.all(nodes.map((node) => node.output('nft', ['-f', '-'], { input: serviceElements(services) })));
  }

  /** Disposes of `resource` before the hosts, when the lab ends. */
  attach<Resource extends AsyncDisposable>(resource: Resource): Resource {
    this.#attached.push(resource);
    return resource;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const resource of this.#attached.reverse()) await resource[Symbol.asyncDispose]();
    await Promise.all([...this.#hosts.values()].map((host) => host[Symbol.asyncDispose]()));
    await rm(this.folder, { recursive: true });
  }
}

/** The network that the options ask for, as data. Pure. */
export function planLab(options: LabOptions): LabPlan {
  const settings = settle(options);
  const cluster = planCluster(settings);
  const outside = planOutside(settings);
  return {
    hosts: [...cluster.hosts, ...outside.hosts],
    veths: [...cluster.veths, ...outside.veths],
    macvlans: [...cluster.macvlans, ...outside.macvlans],
  };
}

/**
 * Builds a test network and resolves once it is up. The caller disposes of it (`await using`).
 * Needs root in the current user namespace.
 */
export async function buildLab(options: LabOptions = {}): Promise<Lab> {
  const folder = await mkdtemp(`${tmpdir()}/lab-`);
  try {
    return new Lab(settle(options), folder, await applyPlan(planLab(options), folder));
  } catch (error) {
    await rm(folder, { recursive: true });
    throw error;
  }
}
