import { randomUUID } from 'node:crypto';
import { type Cluster, clientImage } from '../../lab/cluster/cluster.ts';
import type { RunResult } from '../../lab/host.ts';
import { Namespace } from './namespace.ts';
import type { Pod } from './pod.ts';

/** A pod with a shell and the programs of `clientImage`, that does nothing by itself. It ends with its namespace. */
export class ClientPod {
  readonly namespace: Namespace;
  readonly name: string;
  readonly node: 'node1' | 'node2';
  readonly address: string;

  constructor(namespace: Namespace, node: 'node1' | 'node2', { metadata, status }: Pod) {
    this.namespace = namespace;
    this.name = metadata.name;
    this.node = node;
    this.address = status.podIP ?? '';
  }

  /** Runs a program in it, by `kubectl exec`, to its end. A failure of the program is a result. @throws Error when the pod cannot be reached. */
  async run(command: string, args: readonly string[], timeout?: number): Promise<RunResult> {
    // kubectl would mix what the program says with what it has to say itself.
    const mark = `--- ${randomUUID()} `;
    const script = `mark=$1; shift; "$@" 2>/tmp/$$; echo "$mark$?"; cat /tmp/$$; rm /tmp/$$`;
    const words = ['exec', this.name, '--', 'sh', '-c', script, 'sh', mark, command, ...args];
    const output = await this.namespace.kubectl(words, timeout === undefined ? {} : { timeout });
    const [stdout = '', rest = ''] = output.split(mark);
    const end = rest.indexOf('\n');
    return { code: Number(rest.slice(0, end)), stdout, stderr: rest.slice(end + 1) };
  }

  /** The same for a program that must succeed: its standard output. @throws Error with what it wrote. */
  async output(command: string, args: readonly string[], timeout?: number): Promise<string> {
    const { code, stdout, stderr } = await this.run(command, args, timeout);
    if (code === 0) return stdout;
    throw new Error(`${this.node}, client: '${[command, ...args].join(' ')}' ended with ${code}: ${stderr}${stdout}`);
  }
}

/** Starts a client on a node, in a namespace whose pods may use the routers of others; resolves once it runs. */
export async function startClientPod(namespace: Namespace, node: 'node1' | 'node2'): Promise<ClientPod> {
  const name = `client-${node}`;
  const container = { name: 'client', image: clientImage, imagePullPolicy: 'Never', command: ['sleep', 'infinity'] };
  const metadata = { name, labels: { 'egress-client': 'true', client: node } };
  // The first process of a container ignores SIGTERM: without the zero its end would take half a minute.
  const spec = { nodeName: node, terminationGracePeriodSeconds: 0, enableServiceLinks: false, containers: [container] };
  await namespace.apply([{ apiVersion: 'v1', kind: 'Pod', metadata, spec }]);
  return new ClientPod(namespace, node, await namespace.untilReady({ selector: `client=${node}` }));
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
