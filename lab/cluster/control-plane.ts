import type { Host } from '../host.ts';
import { bothFamilies, clusterAddresses } from './addresses.ts';
import { logged } from './logged.ts';
import type { Pki } from './pki.ts';
import { poll } from './poll.ts';

/** What the control plane is started with. */
export interface ControlPlaneOptions {
  readonly host: Host;
  readonly pki: Pki;
  /** Where the programs are. */
  readonly programs: string;
  /** For etcd's data. */
  readonly folder: string;
  readonly logs: string;
}

const etcd = 'http://127.0.0.1:2379';

/** Starts etcd, the API server, the controllers and the scheduler; resolves once the API answers. They end with their host. */
export async function startControlPlane(options: ControlPlaneOptions): Promise<void> {
  const { host, pki, programs, logs } = options;
  const start = async (program: string, words: readonly string[]) => {
    const [command = '', ...args] = logged(`${logs}/${program}.log`, [`${programs}/${program}`, ...words]);
    await host.spawn(command, args);
  };
  await start('etcd', etcdWords(options.folder));
  await start('kube-apiserver', apiServerWords(pki));
  const { cert, key } = pki.credentials('admin');
  const words = ['-s', '--cacert', pki.authority.cert, '--cert', cert, '--key', key, `${pki.server}/readyz`];
  await poll(`the API server is ready (${logs}/kube-apiserver.log)`, 120_000, async () => (await host.run('curl', words)).stdout === 'ok');
  await start('kube-controller-manager', controllerManagerWords(pki, options.folder));
  await start('kube-scheduler', [...clientWords(pki, 'scheduler'), '--leader-elect=false', '--bind-address=127.0.0.1']);
}

function etcdWords(folder: string): string[] {
  return [
    ...['--name=cluster', `--data-dir=${folder}/etcd`, '--unsafe-no-fsync'],
    ...[`--listen-client-urls=${etcd}`, `--advertise-client-urls=${etcd}`],
    ...['--listen-peer-urls=http://127.0.0.1:2380', '--initial-advertise-peer-urls=http://127.0.0.1:2380'],
    '--initial-cluster=cluster=http://127.0.0.1:2380',
  ];
}

function apiServerWords(pki: Pki): string[] {
  const server = pki.credentials('apiserver');
  const kubelets = pki.credentials('kubelet-client');
  return [
    `--etcd-servers=${etcd}`,
    `--advertise-address=${clusterAddresses.ipv4.network.controlPlane}`,
    '--secure-port=6443',
    `--tls-cert-file=${server.cert}`,
    `--tls-private-key-file=${server.key}`,
    `--client-ca-file=${pki.authority.cert}`,
    `--service-account-key-file=${pki.serviceAccountKey}`,
    `--service-account-signing-key-file=${pki.serviceAccountKey}`,
    '--service-account-issuer=https://kubernetes.default.svc',
    `--service-cluster-ip-range=${bothFamilies(({ services }) => services)}`,
    '--authorization-mode=Node,RBAC',
    '--enable-admission-plugins=NodeRestriction',
    `--kubelet-client-certificate=${kubelets.cert}`,
    `--kubelet-client-key=${kubelets.key}`,
    '--kubelet-preferred-address-types=InternalIP',
    '--allow-privileged=true',
    // Webhooks and aggregated servers are dialled by endpoint: the control plane has no kube-proxy.
    '--enable-aggregator-routing=true',
  ];
}

function controllerManagerWords(pki: Pki, folder: string): string[] {
  return [
    ...clientWords(pki, 'controller-manager'),
    `--service-account-private-key-file=${pki.serviceAccountKey}`,
    `--root-ca-file=${pki.authority.cert}`,
    `--cluster-signing-cert-file=${pki.authority.cert}`,
    `--cluster-signing-key-file=${pki.authority.key}`,
    '--use-service-account-credentials=true',
    '--leader-elect=false',
    '--bind-address=127.0.0.1',
    // It makes this folder, which would otherwise be one of the machine below.
    `--flex-volume-plugin-dir=${folder}/volume-plugins`,
    // The default is 50 s; a test of a power cut would mostly wait. The kubelets renew their leases every 2 s (lease of 8 s).
    '--node-monitor-period=1s',
    '--node-monitor-grace-period=12s',
  ];
}

function clientWords(pki: Pki, name: 'controller-manager' | 'scheduler'): string[] {
  const file = pki.kubeconfig(name);
  return [`--kubeconfig=${file}`, `--authentication-kubeconfig=${file}`, `--authorization-kubeconfig=${file}`];
}
