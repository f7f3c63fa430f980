import { readFile } from 'node:fs/promises';
import { Host, type RunResult } from '../host.ts';
import type { HostProcess } from '../host-process.ts';
import { machineNames } from './addresses.ts';
import { type ClusterState, RunningCluster } from './running-cluster.ts';

/** How a program of the cluster's person is run. */
export interface KubectlOptions {
  /** Written to standard input, for `apply -f -`. */
  readonly input?: string;
  /** Milliseconds until it is killed; default 60,000. */
  readonly timeout?: number;
}

/** One node: a machine with kubelet, containerd and kube-proxy. */
export interface ClusterNode {
  readonly name: 'node1' | 'node2';
  /**
   * Its network, which outlives a power cut: `eth0` on the cluster's network, `eth1` on the LAN. For captures, routes and the like;
   * the node's files and processes are behind `run` and `output`.
   */
  readonly host: Host;
  /** Its leg on the LAN, with the node's own address there and its default route; parent of the pods' macvlan. */
  readonly uplink: 'eth1';
  /** Its address on the LAN: the source that the outside sees of what pods send without a router. */
  readonly lanAddress: string;
  /** Runs a program in the running machine (`ctr -n k8s.io containers list`, `kill`), to its end. */
  run(command: string, args: readonly string[]): Promise<RunResult>;
  /** The same for a program that must succeed: its standard output. @throws Error with what it wrote. */
  output(command: string, args: readonly string[]): Promise<string>;
  /** Starts a program in the running machine; its standard input stays open. Whoever starts it sees to it that it ends by itself. */
  spawn(command: string, args: readonly string[]): Promise<HostProcess>;
  /** A power cut: every process and container of it dies at once, its cables go dead. Resolves when nothing of it runs. */
  powerOff(): Promise<void>;
  /** Boots it again, with the images and the kubelet's files that it had. Resolves when Kubernetes says Ready. */
  powerOn(): Promise<void>;
}

/**
 * A running cluster of two nodes. LAN and outside have the addresses of lab/addresses.ts: `addresses.ipv4.lan`, `addresses.ipv4.outside`.
 *
 *     node1  node2   neighbours            outside
 *       │eth1  │eth1   │  │ eth0             │ eth0
 *      ──────── lan ─────────── gateway ─────┘
 */
export interface Cluster {
  readonly nodes: readonly [ClusterNode, ClusterNode];
  /**
   * The LAN's switch. Its ports are named `node1`, `node2`, `gateway`, `neighbour1`, `neighbour2`, on the bridge `lan`; the bridge `elsewhere` has no
   * port: `ip link set node1 master elsewhere` moves a node to a LAN that has no gateway, `ip link set node1 down` pulls its cable.
   */
  readonly lan: Host;
  readonly gateway: Host;
  /** Where the destinations are: 203.0.113.25 to .28 and 2001:db8:cafe::25 to ::28 on `eth0`. For `serve`. */
  readonly outside: Host;
  /** Two hosts on the LAN, `eth0`, which can claim an address or look at their neighbour table. */
  readonly neighbours: readonly [Host, Host];
  /** Where etcd and the API server run; the switch of the cluster's network, with the ports `node1` and `node2`. */
  readonly controlPlane: Host;
  /** kubectl as the cluster's administrator: its standard output. @throws Error with its standard error. */
  kubectl(words: readonly string[], options?: KubectlOptions): Promise<string>;
  /** Imports an image archive (docker-archive or OCI) into both nodes, under the names that it carries. */
  loadImage(archive: string): Promise<void>;
}

/** An image with a shell (dash), busybox, curl, dig, ip, nft, ping, socat and tcpdump. It is in every cluster; `imagePullPolicy: Never`. */
export const clientImage = 'localhost/cluster-client:1';

/** The environment variable that says where the running cluster is described. */
export const stateVariable = 'TEST_CLUSTER';

/** The environment variable that is set when tests are to repeat many times what they otherwise repeat a few times (`--long`). */
export const longVariable = 'TEST_CLUSTER_LONG';

/** Where `startCluster` describes it. */
export function stateFile({ folder }: ClusterState): string {
  return `${folder}/state.json`;
}

/**
 * The cluster that `npm run test:cluster` has started, for a test file. All files share it, one after the other: a test leaves it as it was.
 * @throws Error outside of that command.
 */
export async function connectCluster(): Promise<Cluster> {
  const file = process.env[stateVariable];
  if (file === undefined) throw new Error(`${stateVariable} is not set: tests of the cluster are run by 'npm run test:cluster'`);
  const { state, pids } = JSON.parse(await readFile(file, 'utf8'));
  return new RunningCluster(state, new Map(machineNames.map((name) => [name, Host.attach(name, pids[name])])));
}
