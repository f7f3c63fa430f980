import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { imageConfig } from './image-config.ts';
import { keep } from './keep.ts';
import { type Layer, packLayer } from './layer.ts';
import { describeNpmPackage, type NpmPackage } from './npm-packages.ts';
import { writeOciArchive } from './oci-archive.ts';
import { makeRouterTree } from './router-tree.ts';
import { runTool } from './run-tool.ts';
import type { Software } from './software.ts';
import { makeSystemTree } from './system-tree.ts';

/** What a build is made of. */
export interface BuildOptions extends Pick<Software, 'version' | 'revision' | 'created' | 'debian'> {
  readonly checkout: string;
  /** For trees and layers; what other builds left there is used again where it was made of the same. Builds may share it at the same time. */
  readonly folder: string;
}

/** An image that was built. */
export interface BuiltImage {
  readonly name: string;
  /** Of the manifest. */
  readonly digest: string;
  readonly layers: readonly Layer[];
  /** A folder with all of the image, unpacked. `root` in the build's folder leads to it until the next build. */
  readonly root: string;
}

/** Builds the root file system alone, in a folder that does not exist yet. */
export function buildRoot(options: BuildOptions, root: string): void {
  withRouterTree(options, (router) => mergeTrees([systemTree(options), router], root, []));
}

/**
 * Builds the image and writes its archive. The same packages and the same sources make the same digest.
 * @throws Error when one of the tools refuses
 */
export function buildImage(options: BuildOptions, archive: string): BuiltImage {
  const { folder, version } = options;
  return withRouterTree(options, (router) => {
    const layers = [systemLayer(options), packLayer(router, `${router}.tar.gz`)];
    const name = `docker.io/library/egress-router:${version}`;
    const config = imageConfig({ ...options, node: nodePackage(options) }, layers);
    const digest = writeOciArchive(archive, { name, config, layers });
    // Hard links: this root is there to be run and looked at.
    const key = layers.map(({ diffId }) => diffId).join();
    const root = keep(join(folder, 'root'), key, (path) => mergeTrees([systemTree(options), router], path, ['--link']));
    const link = mkdtempSync(join(folder, 'link-'));
    symlinkSync(basename(root), join(link, 'root'));
    renameSync(join(link, 'root'), join(folder, 'root'));
    rmSync(link, { recursive: true });
    return { name, digest, layers, root };
  });
}

function systemTree(options: BuildOptions): string {
  const { folder, debian } = options;
  return keep(join(folder, 'system'), systemKey(options), (path) =>
    makeSystemTree(path, debian, join(nodePackage(options).folder, 'bin/node')),
  );
}

/** Packing takes most of the time of a build. */
function systemLayer(options: BuildOptions): Layer {
  const kept = keep(join(options.folder, 'layer'), systemKey(options), (path) => {
    mkdirSync(path);
    writeFileSync(join(path, 'layer.json'), JSON.stringify(packLayer(systemTree(options), join(path, 'layer.tar.gz'))));
  });
  return { ...JSON.parse(readFileSync(join(kept, 'layer.json'), 'utf8')), file: join(kept, 'layer.tar.gz') };
}

function withRouterTree<Result>(options: BuildOptions, use: (tree: string) => Result): Result {
  mkdirSync(options.folder, { recursive: true });
  const work = mkdtempSync(join(options.folder, 'router-'));
  try {
    makeRouterTree(join(work, 'tree'), options.checkout, { ...options, node: nodePackage(options) });
    return use(join(work, 'tree'));
  } finally {
    rmSync(work, { recursive: true });
  }
}

/** Changes with everything that the system's tree is made of, and with the code that makes it. */
function systemKey(options: BuildOptions): string {
  const hash = createHash('sha256').update(nodePackage(options).version);
  for (const name of ['contents.ts', 'system-tree.ts', 'layer.ts']) hash.update(readFileSync(join(import.meta.dirname, name)));
  for (const { sha256 } of options.debian) hash.update(sha256);
  return hash.digest('hex');
}

function mergeTrees(trees: readonly string[], root: string, options: readonly string[]): void {
  if (!existsSync(root)) mkdirSync(root, { recursive: true });
  for (const tree of trees) runTool('cp', ['-a', ...options, `${tree}/.`, root]);
}

function nodePackage({ checkout }: BuildOptions): NpmPackage {
  return describeNpmPackage(join(checkout, `node_modules/node-linux-${process.arch}`));
}
