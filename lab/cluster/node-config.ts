import { bothFamilies, clusterAddresses, clusterFamilies, type NodeName } from './addresses.ts';
import type { NodePaths } from './node-paths.ts';
import type { Pki } from './pki.ts';

/** The image of every pod's sandbox: sleeps. */
export const sandboxImage = 'localhost/cluster-sandbox:1';

/** containerd's configuration (TOML), for a kernel without AppArmor and hugetlb, and without systemd. */
export function containerdConfig(paths: NodePaths): string {
  return `version = 2
disabled_plugins = [
  "io.containerd.snapshotter.v1.aufs", "io.containerd.snapshotter.v1.btrfs", "io.containerd.snapshotter.v1.devmapper",
  "io.containerd.snapshotter.v1.zfs", "io.containerd.internal.v1.opt",
]
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "${sandboxImage}"
  disable_apparmor = true
  disable_hugetlb_controller = true
  tolerate_missing_hugetlb_controller = true
  restrict_oom_score_adj = true
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "${paths.cniPrograms}"
    conf_dir = "${paths.cniConfigs}"
`;
}

/**
 * The network of a node's pods: a veth pair each, routed, as kind does it. Multus (here its stand-in) calls these plug-ins first, and further ones by
 * the pod's annotation. On a real node a pod inherits IPv4 forwarding from the node; here the namespaces are not the node's first, so it is set.
 *
 * ptp waits for IPv6 duplicate detection, 2 s a pod, though nobody else can have a pod's address: it is off until ptp is done, and on again for macvlan0.
 * loopback is here since tuning wants a plug-in before it.
 */
export function cniConfig(node: NodeName, pki: Pki): string {
  const { cert, key } = pki.credentials('multus-stand-in');
  const plans = clusterFamilies.map((family) => clusterAddresses[family]);
  const ipam = {
    type: 'host-local',
    ranges: plans.map(({ nodes }) => [{ subnet: nodes[node].pods }]),
    routes: plans.map(({ anywhere }) => ({ dst: anywhere })),
  };
  const plugins = [
    { type: 'loopback' },
    { type: 'tuning', sysctl: { 'net.ipv6.conf.default.accept_dad': '0' } },
    { type: 'ptp', ipMasq: false, mtu: 1500, ipam },
    { type: 'tuning', sysctl: { 'net.ipv4.ip_forward': '1', 'net.ipv6.conf.default.accept_dad': '1' } },
  ];
  return JSON.stringify({
    cniVersion: '1.0.0',
    name: 'multus-stand-in',
    type: 'multus-stand-in',
    api: { url: pki.server, ca: pki.authority.cert, cert, key },
    cluster: { cniVersion: '1.0.0', name: 'cluster', plugins },
  });
}

/** The kubelet's configuration: JSON is YAML. cgroup v1 by its own driver, since there is no systemd; the node is lost after 12 s without a lease. */
export function kubeletConfig(node: NodeName, cgroup: string, pki: Pki): string {
  return JSON.stringify({
    apiVersion: 'kubelet.config.k8s.io/v1beta1',
    kind: 'KubeletConfiguration',
    authentication: { anonymous: { enabled: false }, webhook: { enabled: true }, x509: { clientCAFile: pki.authority.cert } },
    authorization: { mode: 'Webhook' },
    address: clusterAddresses.ipv4.nodes[node].cluster,
    containerRuntimeEndpoint: 'unix:///run/containerd/containerd.sock',
    cgroupDriver: 'cgroupfs',
    cgroupRoot: `/${cgroup}`,
    failCgroupV1: false,
    failSwapOn: false,
    enforceNodeAllocatable: ['pods'],
    imageGCHighThresholdPercent: 100,
    evictionHard: { 'memory.available': '100Mi', 'nodefs.available': '1%', 'imagefs.available': '1%', 'nodefs.inodesFree': '1%' },
    nodeStatusUpdateFrequency: '4s',
    nodeLeaseDurationSeconds: 8,
    volumePluginDir: '/var/lib/kubelet/volume-plugins',
    resolvConf: '',
    clusterDomain: 'cluster.local',
    clusterDNS: [clusterAddresses.ipv4.dnsService],
  });
}

/** kube-proxy's configuration: nftables, and no sysctl of conntrack, which belong to the machine below. */
export function kubeProxyConfig(node: NodeName, pki: Pki): string {
  return JSON.stringify({
    apiVersion: 'kubeproxy.config.k8s.io/v1alpha1',
    kind: 'KubeProxyConfiguration',
    clientConnection: { kubeconfig: pki.kubeconfig('kube-proxy') },
    mode: 'nftables',
    clusterCIDR: bothFamilies(({ pods }) => pods),
    hostnameOverride: node,
    bindAddress: clusterAddresses.ipv4.nodes[node].cluster,
    metricsBindAddress: '127.0.0.1:10249',
    conntrack: { maxPerCore: 0, tcpEstablishedTimeout: '0s', tcpCloseWaitTimeout: '0s' },
  });
}
