import type { Layer } from './layer.ts';
import type { Software } from './software.ts';
import { isoTime } from './spdx-document.ts';

/** What a container of the image is started with, unless its manifest says otherwise. The Containerfile says the same. */
export const startedWith = {
  Entrypoint: ['/bin/egress-router'],
  Env: ['PATH=/usr/sbin:/usr/bin:/sbin:/bin'],
  WorkingDir: '/',
};

/** Labels besides version, revision and date. The Containerfile has the same. */
export const labels = {
  'org.opencontainers.image.title': 'egress-router',
  'org.opencontainers.image.description':
    'Traffic leaves a Kubernetes cluster from one reserved source IP: redirect, HTTP proxy or DNS proxy',
  'org.opencontainers.image.licenses': 'Apache-2.0',
} as const;

/** The configuration object of the image (OCI image specification, config.md). Pure. */
export function imageConfig({ version, revision, created }: Omit<Software, 'npm'>, layers: readonly Layer[]): unknown {
  const date = isoTime(created);
  return {
    created: date,
    architecture: process.arch === 'x64' ? 'amd64' : process.arch,
    os: 'linux',
    config: {
      ...startedWith,
      Labels: {
        ...labels,
        'org.opencontainers.image.version': version,
        'org.opencontainers.image.created': date,
        ...(revision === undefined ? {} : { 'org.opencontainers.image.revision': revision }),
      },
    },
    rootfs: { type: 'layers', diff_ids: layers.map(({ diffId }) => diffId) },
    history: [
      { created: date, created_by: 'Debian packages and Node' },
      { created: date, created_by: 'egress-router' },
    ],
  };
}
