import type { Cluster } from '../../lab/cluster/cluster.ts';
import type { RunResult } from '../../lab/host.ts';
import type { HostProcess } from '../../lab/host-process.ts';
import type { Namespace } from './namespace.ts';

/** The network of a pod, for programs that its image does not have. */
export interface PodNetwork {
  /** Runs a program of the node in it, to its end. A failure is a result. */
  run(command: string, args: readonly string[]): Promise<RunResult>;
  /** Starts one. Whoever starts it disposes of it; it ends when its standard input is ended, if it heeds that. */
  spawn(command: string, args: readonly string[]): Promise<HostProcess>;
}

/** The network of a pod that runs. @throws Error when there is no such pod, or none of its containers was made yet. */
export async function podNetwork(cluster: Cluster, namespace: Namespace, name: string): Promise<PodNetwork> {
  const { spec, metadata } = JSON.parse(await namespace.kubectl(['get', 'pod', name, '--output=json']));
  const node = cluster.nodes.find((candidate) => candidate.name === spec.nodeName);
  if (node === undefined) throw new Error(`pod ${name} is on no node`);
  const filter = `labels."io.kubernetes.pod.uid"==${metadata.uid},labels."io.cri-containerd.kind"==sandbox`;
  const [sandbox = ''] = (await node.output('ctr', ['-n', 'k8s.io', 'containers', 'list', '-q', filter])).split('\n');
  const tasks = await node.output('ctr', ['-n', 'k8s.io', 'tasks', 'list']);
  const pid = tasks
    .split('\n')
    .find((line) => sandbox !== '' && line.startsWith(sandbox))
    ?.split(/\s+/)[1];
  if (pid === undefined) throw new Error(`pod ${name} has no sandbox that runs`);
  const words = (command: string, args: readonly string[]) => [`--target=${pid}`, '--net', '--', command, ...args];
  return {
    run: (command, args) => node.run('nsenter', words(command, args)),
    spawn: (command, args) => node.spawn('nsenter', words(command, args)),
  };
}
