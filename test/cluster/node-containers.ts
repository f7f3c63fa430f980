import type { ClusterNode } from '../../lab/cluster/cluster.ts';

/** The first process of a pod's container, by the node's own numbers. @throws Error when it does not run. */
export function containerProcess(node: ClusterNode, uid: string, name: string): Promise<number> {
  return firstProcess(node, uid, `labels."io.kubernetes.container.name"==${name}`);
}

/** The process that holds a pod's network. @throws Error when it does not run. */
export function sandboxProcess(node: ClusterNode, uid: string): Promise<number> {
  return firstProcess(node, uid, 'labels."io.cri-containerd.kind"==sandbox');
}

async function firstProcess(node: ClusterNode, uid: string, which: string): Promise<number> {
  const ctr = async (words: readonly string[]) => (await node.output('ctr', ['--namespace=k8s.io', ...words])).split('\n');
  const containers = await ctr(['containers', 'list', '--quiet', `labels."io.kubernetes.pod.uid"==${uid},${which}`]);
  const tasks = (await ctr(['tasks', 'list'])).map((line) => line.split(/\s+/));
  const [, pid] = tasks.find(([id = '', , status]) => id !== '' && containers.includes(id) && status === 'RUNNING') ?? [];
  if (pid === undefined) throw new Error(`${node.name}: no process of pod ${uid} with ${which}`);
  return Number(pid);
}
