import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { bothFamilies, clusterAddresses, nodeNames } from './addresses.ts';

/** Paths of a certificate and its key, PEM. */
export interface Credentials {
  readonly cert: string;
  readonly key: string;
}

const execute = promisify(execFile);

/** Everybody who speaks to the API server, by the user and group that Kubernetes reads from the subject. */
const subjects = {
  apiserver: '/CN=kube-apiserver',
  'kubelet-client': '/O=system:masters/CN=kube-apiserver-kubelet-client',
  admin: '/O=system:masters/CN=admin',
  'controller-manager': '/CN=system:kube-controller-manager',
  scheduler: '/CN=system:kube-scheduler',
  'kube-proxy': '/CN=system:kube-proxy',
  'multus-stand-in': '/CN=multus-stand-in',
  node1: '/O=system:nodes/CN=system:node:node1',
  node2: '/O=system:nodes/CN=system:node:node2',
} as const;

/** A holder of a certificate. */
export type Subject = keyof typeof subjects;

const lifetime = ['-days', '2'] as const;
const ellipticKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'] as const;

/** The cluster's certificates: valid for two days, since a cluster is made anew each time. */
export class Pki {
  readonly folder: string;

  /** Makes all of them in `folder`, which comes into being. @throws Error with openssl's message. */
  static async make(folder: string): Promise<Pki> {
    const pki = new Pki(folder);
    await mkdir(folder);
    await openssl([
      'req',
      '-x509',
      ...ellipticKey,
      ...lifetime,
      '-subj',
      '/CN=cluster-ca',
      '-keyout',
      pki.authority.key,
      '-out',
      pki.authority.cert,
    ]);
    await openssl(['ecparam', '-genkey', '-noout', '-name', 'prime256v1', '-out', pki.serviceAccountKey]);
    for (const [name, subject] of Object.entries(subjects)) await pki.#issue(name, subject);
    for (const name of ['admin', 'controller-manager', 'scheduler', 'kube-proxy', ...nodeNames] as const)
      await writeFile(pki.kubeconfig(name), pki.#kubeconfigText(name));
    return pki;
  }

  constructor(folder: string) {
    this.folder = folder;
  }

  get authority(): Credentials {
    return { cert: `${this.folder}/ca.crt`, key: `${this.folder}/ca.key` };
  }

  /** Signs and checks the tokens of service accounts: a private key, whose public half Kubernetes reads from it. */
  get serviceAccountKey(): string {
    return `${this.folder}/service-account.key`;
  }

  /** Where every client finds the API server. */
  get server(): string {
    return `https://${clusterAddresses.ipv4.network.controlPlane}:6443`;
  }

  credentials(name: Subject): Credentials {
    return { cert: `${this.folder}/${name}.crt`, key: `${this.folder}/${name}.key` };
  }

  kubeconfig(name: Subject): string {
    return `${this.folder}/${name}.kubeconfig`;
  }

  async #issue(name: string, subject: string): Promise<void> {
    const request = `${this.folder}/${name}.csr`;
    const extensions = `${this.folder}/${name}.ext`;
    const isServer = name === 'apiserver';
    await openssl(['req', ...ellipticKey, '-subj', subject, '-keyout', `${this.folder}/${name}.key`, '-out', request]);
    await writeFile(extensions, `extendedKeyUsage=${isServer ? `serverAuth\nsubjectAltName=${serverNames()}` : 'clientAuth'}\n`);
    const { cert, key } = this.authority;
    const words = ['-CA', cert, '-CAkey', key, '-CAcreateserial', '-extfile', extensions, '-out', `${this.folder}/${name}.crt`];
    await openssl(['x509', '-req', '-in', request, ...lifetime, ...words]);
  }

  #kubeconfigText(name: Subject): string {
    const { cert, key } = this.credentials(name);
    return JSON.stringify({
      apiVersion: 'v1',
      kind: 'Config',
      'current-context': 'cluster',
      clusters: [{ name: 'cluster', cluster: { server: this.server, 'certificate-authority': this.authority.cert } }],
      users: [{ name, user: { 'client-certificate': cert, 'client-key': key } }],
      contexts: [{ name: 'cluster', context: { cluster: 'cluster', user: name } }],
    });
  }
}

function serverNames(): string {
  const names = ['kubernetes', 'kubernetes.default', 'kubernetes.default.svc', 'kubernetes.default.svc.cluster.local', 'localhost'];
  const own = `127.0.0.1,${bothFamilies(({ network }) => network.controlPlane)},${bothFamilies(({ apiService }) => apiService)}`;
  return [...names.map((name) => `DNS:${name}`), ...own.split(',').map((address) => `IP:${address}`)].join(',');
}

async function openssl(words: readonly string[]): Promise<void> {
  await execute('openssl', words);
}
