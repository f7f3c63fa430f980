import { mkdir, rm, writeFile } from 'node:fs/promises';
import { relative } from 'node:path';
import type { Cluster } from '../../lab/cluster/cluster.ts';
import { Namespace, type UntilPodOptions } from './namespace.ts';
import type { Pod } from './pod.ts';

/** A mode, as the folders of deploy/ are named. */
export type SiteMode = 'redirect' | 'http-proxy' | 'dns-proxy';

/** What a test sets of a site; everything else is as in deploy/. */
export interface SiteOptions {
  readonly mode: SiteMode;
  /**
   * EGRESS_SOURCE. Each test file has its own, so that files can run side by side: 192.168.12.99 is for manifests that are applied verbatim,
   * .100 to .119 for modes and several routers, .120 to .149 for faults and failover.
   */
  readonly source: string;
  /** EGRESS_GATEWAY; default 192.168.12.1. */
  readonly gateway?: string;
  /** The mode's list; default: `destination.txt` of the base. */
  readonly destination?: string;
  /** The node that it must run on; default: whichever the scheduler takes. */
  readonly node?: 'node1' | 'node2';
  /** Variables besides, of the setup container. */
  readonly env?: Readonly<Record<string, string>>;
  /** What a user would add to a kustomization of their own. */
  readonly patches?: readonly { readonly target?: { readonly kind: string }; readonly patch: string }[];
  /** Folders below deploy/components to add. */
  readonly components?: readonly string[];
  /** The folder below deploy/ that is applied; default `site` for redirect, else `overlays/multus/MODE`. */
  readonly folder?: string;
}

/** The name of a mode's Deployment, Service and NetworkPolicy; the value of its pods' label `app`. */
export const siteNames: Readonly<Record<SiteMode, string>> = {
  redirect: 'egress-redirect',
  'http-proxy': 'egress-http',
  'dns-proxy': 'egress-dns',
};

/** A router that was applied from deploy/, in a namespace of its own. Disposing of it deletes the namespace and waits until its pod is gone. */
export class Site {
  readonly namespace: Namespace;
  /** Of the Deployment and the Service. */
  readonly name: string;
  /** Selects the router's pods. */
  readonly selector: string;
  #options: SiteOptions;

  constructor(namespace: Namespace, options: SiteOptions) {
    this.namespace = namespace;
    this.name = siteNames[options.mode];
    this.selector = `app=${this.name}`;
    this.#options = options;
  }

  /** Applies it again with other values: what a user does who edits the site. Does not wait. */
  async change(options: Partial<SiteOptions>): Promise<void> {
    this.#options = { ...this.#options, ...options };
    await applyKustomization(this.namespace, planKustomization(this.namespace.name, this.#options));
  }

  /** Waits until the Deployment is as it was asked for. @throws Error with pods, events and logs after `timeout` milliseconds. */
  async rolledOut(timeout = 60_000): Promise<Pod> {
    const words = ['rollout', 'status', `deployment/${this.name}`, `--timeout=${timeout}ms`];
    try {
      await this.namespace.kubectl(words, { timeout: timeout + 10_000 });
    } catch (error) {
      throw new Error(`${this.name} was not rolled out: ${String(error)}\n${await this.namespace.explain()}`);
    }
    return this.pod();
  }

  /** The router's pod, once it is ready. @throws Error with what is there instead. */
  pod(options?: UntilPodOptions): Promise<Pod> {
    return this.namespace.untilReady({ selector: this.selector, ...options });
  }

  /** The Service's address of the cluster's first family. */
  async serviceAddress(): Promise<string> {
    return this.namespace.kubectl(['get', 'service', this.name, '--output=jsonpath={.spec.clusterIP}']);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.namespace[Symbol.asyncDispose]();
  }
}

/** Applies a mode's manifests with the lab's values, in a fresh namespace; does not wait for its pod. */
export async function applySite(cluster: Cluster, options: SiteOptions): Promise<Site> {
  // The label that deploy/ asks for. It stays: both nodes are on the LAN.
  await cluster.kubectl(['label', 'nodes', 'node1', 'node2', 'egress-lan=true', '--overwrite']);
  const namespace = await Namespace.open(cluster, siteNames[options.mode]);
  const site = new Site(namespace, options);
  try {
    await site.change({});
  } catch (error) {
    await site[Symbol.asyncDispose]();
    throw error;
  }
  return site;
}

/** `applySite`, and the wait until its pod is ready. */
export async function startSite(cluster: Cluster, options: SiteOptions): Promise<Site> {
  const site = await applySite(cluster, options);
  try {
    await site.rolledOut();
  } catch (error) {
    await site[Symbol.asyncDispose]();
    throw error;
  }
  return site;
}

/** The kustomization of a user who keeps deploy/ as it is. Pure; paths are relative to the checkout. */
function planKustomization(namespace: string, options: SiteOptions) {
  const { mode, source, gateway, destination, node, env = {}, patches = [], components = [] } = options;
  const { folder = mode === 'redirect' ? 'site' : `overlays/multus/${mode}` } = options;
  const literals = [
    `source=${source}`,
    ...(gateway === undefined ? [] : [`gateway=${gateway}`]),
    ...(destination === undefined ? [] : [`destination=${destination}`]),
  ];
  const pinned = node === undefined ? [] : [{ path: 'nodeSelector/kubernetes.io~1hostname', value: node }];
  const variables = Object.entries(env).map(([name, value]) => ({ path: 'initContainers/0/env/-', value: { name, value } }));
  const added = [...pinned, ...variables].map(({ path, value }) => ({ op: 'add', path: `/spec/template/spec/${path}`, value }));
  return {
    apiVersion: 'kustomize.config.k8s.io/v1beta1',
    kind: 'Kustomization',
    namespace,
    resources: [`deploy/${folder}`],
    components: components.map((component) => `deploy/components/${component}`),
    // The registry of the example; the cluster's nodes have the image already.
    images: [{ name: 'registry.example.com/egress-router', newName: 'egress-router' }],
    configMapGenerator: [{ name: siteNames[mode], behavior: 'merge', literals, ...(folder === 'site' ? { namespace: 'egress' } : {}) }],
    patches: [...(added.length === 0 ? [] : [{ target: { kind: 'Deployment' }, patch: JSON.stringify(added) }]), ...patches],
  };
}

/** Applies a kustomization from a folder that is there for that long. */
async function applyKustomization(namespace: Namespace, plan: ReturnType<typeof planKustomization>): Promise<void> {
  const folder = `build/cluster/sites/${namespace.name}`;
  await mkdir(folder, { recursive: true });
  const fromFolder = (path: string) => relative(folder, path);
  const { resources, components } = plan;
  const text = JSON.stringify({ ...plan, resources: resources.map(fromFolder), components: components.map(fromFolder) });
  await writeFile(`${folder}/kustomization.yaml`, text);
  try {
    await namespace.cluster.kubectl(['apply', '-k', folder]);
  } finally {
    await rm(folder, { recursive: true });
  }
}
