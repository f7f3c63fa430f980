import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { runTool } from '../../image/run-tool.ts';

/** The checkout. */
export const checkout = join(import.meta.dirname, '../..');

/** The image's root file system, which `npm test` has built. */
export const imageRoot = join(checkout, 'build/image/root');

/** The version of the project. */
export const { version }: { readonly version: string } = JSON.parse(readFileSync(join(checkout, 'package.json'), 'utf8'));

/** The archive, which `npm test` has built. */
export const archiveFile = join(checkout, `build/egress-router-${version}.tar`);

/** One file of an archive. @throws Error when it has no such file */
export function archiveMember(archive: string, path: string): Buffer {
  return runTool('tar', ['-x', '-O', '-f', archive, path]);
}

/** A blob of an archive, whose digest is checked. @throws Error when the contents have another one */
export function archiveBlob(archive: string, digest: string): Buffer {
  const blob = archiveMember(archive, `blobs/${digest.replace(':', '/')}`);
  const actual = `sha256:${createHash('sha256').update(blob).digest('hex')}`;
  if (actual !== digest) throw new Error(`the blob ${digest} has the digest ${actual}`);
  return blob;
}

/** What index.json says about the image. */
export function archiveManifest(archive: string): { readonly digest: string; readonly annotations: Readonly<Record<string, string>> } {
  return JSON.parse(archiveMember(archive, 'index.json').toString()).manifests[0];
}

/** The image's configuration object. */
export function archiveConfig(archive: string) {
  const manifest = JSON.parse(archiveBlob(archive, archiveManifest(archive).digest).toString());
  return JSON.parse(archiveBlob(archive, manifest.config.digest).toString());
}
