import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DebianPackage } from './debian-packages.ts';
import { imageConfig } from './image-config.ts';
import { type Layer, packLayer } from './layer.ts';
import { describeNpmPackage } from './npm-packages.ts';
import { writeOciArchive } from './oci-archive.ts';
import { makeRouterTree } from './router-tree.ts';
import { runTool } from './run-tool.ts';
import type { Software } from './software.ts';
import { makeSystemTree } from './system-tree.ts';

/** What a build is made of and where it goes. */
export interface BuildOptions extends Pick<Software, 'version' | 'revision' | 'created' | 'debian'> {
  readonly checkout: string;
  /** For trees and layers. What is there from a build of the same packages is used again. */
  readonly folder: string;
  /** The archive's file. */
  readonly archive: string;
}

/** An image that was built. */
export interface BuiltImage {
  readonly name: string;
  /** Of the manifest. */
  readonly digest: string;
  readonly layers: readonly Layer[];
  /** All of the image, unpacked. */
  readonly root: string;
}

/** Builds the root file system alone, and returns its folder, `root` in the folder of the build. */
export function buildRoot(options: Omit<BuildOptions, 'archive'>): string {
  const { folder } = options;
  makeSystem(options);
  makeRouter(options);
  const root = join(folder, 'root');
  rmSync(root, { recursive: true, force: true });
  mkdirSync(root);
  // Hard links: the root is there to be looked at and run.
  for (const part of ['system', 'router']) runTool('cp', ['-a', '--link', `${join(folder, part)}/.`, root]);
  return root;
}

/**
 * Builds root, layers and archive. The same packages and the same sources make the same digest.
 * @throws Error when one of the tools refuses
 */
export function buildImage(options: BuildOptions): BuiltImage {
  const { folder, archive, version } = options;
  const root = buildRoot(options);
  const layers = [systemLayer(folder), packLayer(join(folder, 'router'), join(folder, 'router.tar.gz'))];
  const name = `docker.io/library/egress-router:${version}`;
  const config = imageConfig({ ...options, node: nodePackage(options.checkout) }, layers);
  return { name, digest: writeOciArchive(archive, { name, config, layers }), layers, root };
}

function makeSystem({ checkout, folder, debian }: Omit<BuildOptions, 'archive'>): void {
  const tree = join(folder, 'system');
  const key = systemKey(checkout, debian);
  if (existsSync(`${tree}.key`) && readFileSync(`${tree}.key`, 'utf8') === key) return;
  for (const path of [tree, `${tree}.key`, `${tree}.layer.json`]) rmSync(path, { recursive: true, force: true });
  makeSystemTree(tree, debian, join(nodePackage(checkout).folder, 'bin/node'));
  writeFileSync(`${tree}.key`, key);
}

/** The layer of the system's tree; packing it takes most of the time of a build, so it is kept. */
function systemLayer(folder: string): Layer {
  const file = join(folder, 'system.layer.json');
  if (existsSync(file)) return JSON.parse(readFileSync(file, 'utf8'));
  const layer = packLayer(join(folder, 'system'), join(folder, 'system.tar.gz'));
  writeFileSync(file, JSON.stringify(layer));
  return layer;
}

function makeRouter(options: Omit<BuildOptions, 'archive'>): void {
  const tree = join(options.folder, 'router');
  rmSync(tree, { recursive: true, force: true });
  makeRouterTree(tree, options.checkout, { ...options, node: nodePackage(options.checkout) });
}

/** Changes with everything that the system's tree is made of, and with the code that makes it. */
function systemKey(checkout: string, debian: readonly DebianPackage[]): string {
  const code = readdirSync(join(checkout, 'image')).filter((name) => name.endsWith('.ts'));
  const hash = createHash('sha256').update(nodePackage(checkout).version);
  for (const name of code.sort()) hash.update(readFileSync(join(checkout, 'image', name)));
  for (const { sha256 } of debian) hash.update(sha256);
  return hash.digest('hex');
}

function nodePackage(checkout: string) {
  return describeNpmPackage(join(checkout, `node_modules/node-linux-${process.arch}`));
}
