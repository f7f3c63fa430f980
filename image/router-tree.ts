import { copyFileSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { bundle } from './bundle.ts';
import { licenseFiles } from './npm-packages.ts';
import type { Software } from './software.ts';
import { spdxDocument } from './spdx-document.ts';

/** The names of the program: our own, and those of the images that it replaces. */
export const programNames = ['egress-router', 'egress-router.sh', 'egress-http-proxy.sh', 'egress-dns-proxy.sh'] as const;

/**
 * Makes the part of the root that changes with every version: the bundle under its names, licences and the bill of materials.
 * @throws Error when the sources cannot be bundled, or a package has no licence text
 */
export function makeRouterTree(tree: string, checkout: string, parts: Omit<Software, 'npm'>): void {
  const programFolder = join(tree, 'usr/lib/egress-router');
  const npm = bundle(checkout, programFolder);
  writeFileSync(join(programFolder, 'package.json'), `${JSON.stringify({ type: 'commonjs', version: parts.version })}\n`);
  mkdirSync(join(tree, 'usr/bin'), { recursive: true });
  for (const name of programNames) symlinkSync('../lib/egress-router/egress-router.js', join(tree, 'usr/bin', name));

  const docFolder = join(tree, 'usr/share/doc/egress-router');
  mkdirSync(docFolder, { recursive: true });
  copyFileSync(join(checkout, 'LICENSE'), join(docFolder, 'LICENSE'));
  for (const item of [parts.node, ...npm]) {
    const folder = join(docFolder, 'npm', `${item.name}@${item.version}`);
    mkdirSync(folder, { recursive: true });
    for (const file of licenseFiles(item)) copyFileSync(file, join(folder, basename(file)));
  }
  mkdirSync(join(tree, 'usr/share/egress-router'), { recursive: true });
  const document = spdxDocument({ ...parts, npm });
  writeFileSync(join(tree, 'usr/share/egress-router/sbom.spdx.json'), `${JSON.stringify(document, null, 2)}\n`);
}
