import { type Cluster, type ClusterNode, clientImage } from '../../lab/cluster/cluster.ts';
import type { RunResult } from '../../lab/host.ts';
import { Namespace } from './namespace.ts';
import { containerProcess } from './node-containers.ts';
import type { Pod } from './pod.ts';
import { nodeOf } from './pod-network.ts';

const container = 'client';

// The first process of a container ignores SIGTERM unless it says otherwise: its pod would take half a minute to end.
const command = ['sh', '-c', "trap 'exit 0' TERM; sleep infinity & wait"];

/** A container with a shell and the programs of `clientImage`, that does nothing by itself. It ends with its namespace. */
export class ClientPod {
  readonly namespace: Namespace;
  /** Of the pod. */
  readonly name: string;
  /** The node that the pod is on. */
  readonly node: string;
  readonly address: string;
  readonly #node: ClusterNode;
  readonly #process: number;

  /** The client in a pod where it runs. */
  static async find(namespace: Namespace, pod: Pod): Promise<ClientPod> {
    const node = nodeOf(namespace.cluster, pod);
    return new ClientPod(namespace, pod, node, await containerProcess(node, pod.metadata.uid, container));
  }

  private constructor(namespace: Namespace, { metadata, status }: Pod, node: ClusterNode, process: number) {
    this.namespace = namespace;
    this.name = metadata.name;
    this.node = node.name;
    this.address = status.podIP ?? '';
    this.#node = node;
    this.#process = process;
  }

  /** Runs a program in it, to its end; a failure is a result. Not by `kubectl exec`, which takes a fifth of a second of a processor. */
  run(command: string, args: readonly string[]): Promise<RunResult> {
    return this.#node.run('nsenter', [`--target=${this.#process}`, '--net', '--mount', '--wdns=/', '--', command, ...args]);
  }

  /** The same for a program that must succeed: its standard output. @throws Error with what it wrote. */
  async output(command: string, args: readonly string[]): Promise<string> {
    const { code, stdout, stderr } = await this.run(command, args);
    if (code === 0) return stdout;
    throw new Error(`${this.node}, ${this.name}: '${[command, ...args].join(' ')}' ended with ${code}: ${stderr}${stdout}`);
  }

  /** Waits until a TCP port accepts: kube-proxy takes up to a second to learn of a Service's new pod. @throws Error after 40 s. */
  async untilAccepted(address: string, port: number): Promise<void> {
    const host = address.includes(':') ? `[${address}]` : address;
    const connect = `socat -u /dev/null "TCP:${host}:${port},connect-timeout=1"`;
    await this.output('timeout', ['40', 'sh', '-c', `until ${connect}; do sleep 0.1; done`]);
  }
}

/** Starts a client on a node, in a namespace whose pods may use the routers of others; resolves once it runs. */
export async function startClientPod(namespace: Namespace, node: 'node1' | 'node2'): Promise<ClientPod> {
  const name = `client-${node}`;
  const client = { name: container, image: clientImage, imagePullPolicy: 'Never', command };
  const metadata = { name, labels: { 'egress-client': 'true', client: node } };
  const spec = { nodeName: node, enableServiceLinks: false, containers: [client] };
  await namespace.apply([{ apiVersion: 'v1', kind: 'Pod', metadata, spec }]);
  return ClientPod.find(namespace, await namespace.untilReady({ selector: `client=${node}` }));
}

/** Starts a client in a pod that runs, as `kubectl debug` does it for a person: the pod's network is its own. Once for a pod. */
export async function debugPod(namespace: Namespace, { metadata: { name } }: Pod): Promise<ClientPod> {
  const image = ['--container', container, '--image', clientImage, '--image-pull-policy', 'Never'];
  await namespace.kubectl(['debug', name, ...image, '--', ...command]);
  const isRunning = ({ metadata, status }: Pod) =>
    metadata.name === name && status.ephemeralContainerStatuses?.[0]?.state.running !== undefined;
  return ClientPod.find(namespace, await namespace.untilPod('runs an ephemeral container', isRunning));
}

/** A client on each node. Disposing of it deletes their namespace. */
export interface Clients extends AsyncDisposable {
  readonly node1: ClientPod;
  readonly node2: ClientPod;
}

/** Starts a client on each node, in a namespace of their own. */
export async function startClients(cluster: Cluster): Promise<Clients> {
  const namespace = await Namespace.open(cluster, 'clients');
  try {
    const [node1, node2] = await Promise.all([startClientPod(namespace, 'node1'), startClientPod(namespace, 'node2')]);
    return { node1, node2, [Symbol.asyncDispose]: () => namespace[Symbol.asyncDispose]() };
  } catch (error) {
    await namespace[Symbol.asyncDispose]();
    throw error;
  }
}
