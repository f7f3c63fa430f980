import { bothFamilies, type NodeName } from './addresses.ts';
import type { NodePaths } from './node-paths.ts';
import type { Pki } from './pki.ts';

/** What a node's first process is told. */
export interface MachineOptions {
  readonly name: NodeName;
  readonly paths: NodePaths;
  readonly pki: Pki;
  /** Name of its cgroup in every hierarchy. */
  readonly cgroup: string;
  /** Where kubelet and kube-proxy are. */
  readonly programs: string;
  readonly logs: string;
}

/**
 * What the kubelet writes to, unless it finds these values (setupKernelTunables in pkg/kubelet/cm). They belong to the whole machine, so the node is
 * shown files that already say what it wants.
 */
const shownSysctls = [
  ['vm/overcommit_memory', 1],
  ['vm/panic_on_oom', 0],
  ['kernel/panic', 10],
  ['kernel/panic_on_oops', 1],
  ['kernel/keys/root_maxkeys', 1_000_000],
  ['kernel/keys/root_maxbytes', 25_000_000],
] as const;

/** The shell script that is process 1 of a node: its mounts, then containerd, kubelet and kube-proxy, each started again when it ends. */
export function machineScript({ name, paths, pki, cgroup, programs, logs }: MachineOptions): string {
  const kubelet = [
    `${programs}/kubelet --config=${paths.kubelet} --kubeconfig=${pki.kubeconfig(name)} --hostname-override=${name}`,
    `--node-ip=${bothFamilies(({ nodes }) => nodes[name].cluster)}`,
  ].join(' ');
  return [
    'set -e',
    `hostname ${name}`,
    ...cgroupLines(paths, cgroup),
    'mount -t tmpfs tmpfs /run',
    'mkdir /run/lock',
    `mount --bind ${paths.varLib} /var/lib`,
    `mount --bind ${paths.varLog} /var/log`,
    ...shownSysctls.flatMap(([path, value]) => {
      const file = `${paths.sysctls}/${path.replaceAll('/', '.')}`;
      return [`echo ${value} >${file}`, `mount --bind ${file} /proc/sys/${path}`];
    }),
    // The kubelet and the container runtime hand mounts on to pods.
    'mount --make-rshared /',
    `keep() { log=${logs}/${name}-$1.log; shift; while :; do "$@" >>$log 2>&1; echo "ended with $?" >>$log; sleep 1; done & }`,
    'set +e',
    `keep containerd containerd --config ${paths.containerd}`,
    'until ctr version >/dev/null 2>&1; do sleep 0.1; done',
    `keep kubelet ${kubelet} --v=2`,
    `keep kube-proxy ${programs}/kube-proxy --config=${paths.kubeProxy} --v=2`,
    'echo started',
    // A shell reaps the orphans that process 1 inherits while it waits; what it waits for never ends.
    'wait',
  ].join('\n');
}

/**
 * cgroup v1. The host's network namespace has its own /sys, which hides the hierarchies below the machine's: they are taken from there. Left-overs
 * of the node before a power cut would make the kubelet wait.
 */
function cgroupLines(paths: NodePaths, cgroup: string): string[] {
  return [
    'umount /sys',
    `mount --rbind /sys/fs/cgroup ${paths.folder}/cgroup`,
    'mount -t sysfs sysfs /sys',
    `mount --rbind ${paths.folder}/cgroup /sys/fs/cgroup`,
    `umount -l ${paths.folder}/cgroup`,
    `for own in /sys/fs/cgroup/*/${cgroup}; do [ ! -d $own ] || find $own -depth -type d -exec rmdir {} +; done`,
    `for hierarchy in /sys/fs/cgroup/*/; do mkdir -p "$hierarchy"${cgroup}; done`,
    `for file in cpuset.cpus cpuset.mems; do cat /sys/fs/cgroup/cpuset/$file >/sys/fs/cgroup/cpuset/${cgroup}/$file; done`,
  ];
}
