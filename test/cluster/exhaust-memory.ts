import type { ClusterNode } from '../../lab/cluster/cluster.ts';

// A glutton that the kernel may not choose moves into the container's cgroup (v1) and takes all that its limit leaves, so that the limit ends the container's
// own process. Shell words: the process of the container.
const script = `
cgroup=/sys/fs/cgroup/memory$(sed -n 's/^[0-9]*:memory://p' /proc/$1/cgroup)
sh -c 'echo -1000 >/proc/$$/oom_score_adj; echo $$ >'$cgroup'/cgroup.procs; exec tail /dev/zero' &
while kill -0 $1 2>/dev/null; do sleep 0.05; done
kill -KILL $!
`;

/** Makes the memory that a container may have run out. Resolves when the kernel has ended its first process. @throws Error when it has not within 20 s. */
export async function exhaustMemory(node: ClusterNode, process: number): Promise<void> {
  await node.output('timeout', ['--signal=KILL', '20', 'sh', '-c', script, 'sh', String(process)]);
}
