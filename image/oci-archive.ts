import { copyFileSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type Descriptor, digestOf, type Layer, reproducibleTar } from './layer.ts';
import { runTool } from './run-tool.ts';

/** What an archive holds. */
export interface Image {
  /** With registry and tag, as container runtimes name it. */
  readonly name: string;
  readonly config: unknown;
  readonly layers: readonly Layer[];
}

/**
 * Writes an image as an OCI layout in a tar file, and returns the digest of its manifest.
 *
 * By hand, since it is five small files, and no tool of Debian 12 writes all of them: umoci 0.4.7 sets no annotation in index.json, by which containerd
 * learns the full name; buildah 1.28 needs root or subordinate user ids and a storage; neither adds the manifest.json that a Docker Engine without the
 * containerd image store loads.
 */
export function writeOciArchive(file: string, { name, config, layers }: Image): string {
  mkdirSync(dirname(file), { recursive: true });
  const layout = mkdtempSync(`${file}.layout-`);
  try {
    mkdirSync(join(layout, 'blobs/sha256'), { recursive: true });
    const addJson = (mediaType: string, value: unknown): Descriptor => {
      const text = JSON.stringify(value);
      const descriptor = { mediaType, digest: digestOf(text), size: Buffer.byteLength(text) };
      writeFileSync(join(layout, pathOf(descriptor)), text);
      return descriptor;
    };
    for (const layer of layers) copyFileSync(layer.file, join(layout, pathOf(layer)));
    const configDescriptor = addJson('application/vnd.oci.image.config.v1+json', config);
    const manifest = addJson('application/vnd.oci.image.manifest.v1+json', {
      schemaVersion: 2,
      mediaType: 'application/vnd.oci.image.manifest.v1+json',
      config: configDescriptor,
      layers: layers.map(({ mediaType, digest, size }) => ({ mediaType, digest, size })),
    });
    const tag = name.slice(name.lastIndexOf(':') + 1);
    const annotations = { 'io.containerd.image.name': name, 'org.opencontainers.image.ref.name': tag };
    writeJson(join(layout, 'oci-layout'), { imageLayoutVersion: '1.0.0' });
    writeJson(join(layout, 'index.json'), {
      schemaVersion: 2,
      mediaType: 'application/vnd.oci.image.index.v1+json',
      manifests: [{ ...manifest, annotations }],
    });
    // `docker load` of an engine that knows no OCI layout.
    writeJson(join(layout, 'manifest.json'), [{ Config: pathOf(configDescriptor), RepoTags: [name], Layers: layers.map(pathOf) }]);
    const packed = join(layout, 'archive.tar');
    runTool('tar', ['-c', ...reproducibleTar, '-f', packed, '-C', layout, 'oci-layout', 'index.json', 'manifest.json', 'blobs']);
    renameSync(packed, file);
    return manifest.digest;
  } finally {
    rmSync(layout, { recursive: true });
  }
}

function pathOf({ digest }: Descriptor): string {
  return `blobs/${digest.replace(':', '/')}`;
}

function writeJson(file: string, value: unknown): void {
  writeFileSync(file, JSON.stringify(value));
}
