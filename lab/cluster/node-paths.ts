/** Where a node keeps its files. All of it survives a power cut. */
export interface NodePaths {
  readonly folder: string;
  /** What the node sees as /var/lib and /var/log: nothing of the machine below is seen or changed there. */
  readonly varLib: string;
  readonly varLog: string;
  readonly cniPrograms: string;
  readonly cniConfigs: string;
  readonly containerd: string;
  readonly kubelet: string;
  readonly kubeProxy: string;
  /** Files that stand before the machine's own sysctls. */
  readonly sysctls: string;
}

/** The paths of the node whose folder it is. */
export function nodePaths(folder: string): NodePaths {
  return {
    folder,
    varLib: `${folder}/var-lib`,
    varLog: `${folder}/var-log`,
    cniPrograms: `${folder}/cni-programs`,
    cniConfigs: `${folder}/cni-configs`,
    containerd: `${folder}/containerd.toml`,
    kubelet: `${folder}/kubelet.json`,
    kubeProxy: `${folder}/kube-proxy.json`,
    sysctls: `${folder}/sysctls`,
  };
}
