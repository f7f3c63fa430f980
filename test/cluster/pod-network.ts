import type { Cluster, ClusterNode } from '../../lab/cluster/cluster.ts';
import type { RunResult } from '../../lab/host.ts';
import type { HostProcess } from '../../lab/host-process.ts';
import { sandboxProcess } from './node-containers.ts';
import type { Pod } from './pod.ts';

/** The network of a pod, for programs that its image does not have. */
export interface PodNetwork {
  /** Runs a program of the node in it, to its end. A failure is a result. */
  run(command: string, args: readonly string[]): Promise<RunResult>;
  /** The same for a program that must succeed: its standard output. @throws Error with what it wrote. */
  output(command: string, args: readonly string[]): Promise<string>;
  /** Starts one, with its standard input open. Whoever starts it sees to it that it ends by itself. */
  spawn(command: string, args: readonly string[]): Promise<HostProcess>;
}

/** The network of a pod. @throws Error when it is not there, or not any more. */
export async function podNetwork(cluster: Cluster, pod: Pod): Promise<PodNetwork> {
  const node = nodeOf(cluster, pod);
  const target = await sandboxProcess(node, pod.metadata.uid);
  const words = (command: string, args: readonly string[]) => [`--target=${target}`, '--net', '--', command, ...args];
  return {
    run: (command, args) => node.run('nsenter', words(command, args)),
    output: (command, args) => node.output('nsenter', words(command, args)),
    spawn: (command, args) => node.spawn('nsenter', words(command, args)),
  };
}

/** The node that a pod is on. @throws Error when it is on none. */
export function nodeOf(cluster: Cluster, { metadata, spec }: Pod): ClusterNode {
  const node = cluster.nodes.find(({ name }) => name === spec.nodeName);
  if (node === undefined) throw new Error(`pod ${metadata.name} is on no node`);
  return node;
}
