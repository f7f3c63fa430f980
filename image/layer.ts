import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { runTool } from './run-tool.ts';

/** How one file of the archive names another (OCI image specification, descriptor.md). */
export interface Descriptor {
  readonly mediaType: string;
  /** `sha256:` and hexadecimal digits. */
  readonly digest: string;
  /** In bytes. */
  readonly size: number;
}

/** A layer of the image: what a tree holds, compressed. */
export interface Layer extends Descriptor {
  /** The digest before it was compressed. */
  readonly diffId: string;
  /** Bytes before it was compressed. */
  readonly unpackedSize: number;
  readonly file: string;
}

/**
 * Packs a tree into a layer that depends on names, contents, links and the x bit of files, and on nothing else: order, owners, dates and
 * the other modes are the same whoever packs it. gzip comes from Debian, since the zlib in Node takes other ways on other processors.
 */
export function packLayer(tree: string, file: string): Layer {
  const packed = runTool('tar', ['-c', ...reproducibleTar, '-C', tree, '.']);
  const compressed = runTool('gzip', ['--no-name'], { input: packed });
  writeFileSync(file, compressed);
  return {
    mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip',
    digest: digestOf(compressed),
    size: compressed.length,
    diffId: digestOf(packed),
    unpackedSize: packed.length,
    file,
  };
}

/**
 * What makes GNU tar write the same bytes for the same tree. Files have no date, so that a layer whose files did not change is the same layer in
 * the next version.
 */
export const reproducibleTar = [
  '--format=gnu',
  '--sort=name',
  '--owner=0',
  '--group=0',
  '--numeric-owner',
  '--mode=u=rwX,go=rX',
  '--mtime=@0',
];

/** The digest of a file or its contents, as OCI writes it. */
export function digestOf(data: Uint8Array | string): string {
  return `sha256:${createHash('sha256').update(data).digest('hex')}`;
}
