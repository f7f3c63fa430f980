import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describeNpmPackage, type NpmPackage } from './npm-packages.ts';
import { runTool } from './run-tool.ts';

/** The kernel starts the bundle by this line, under whatever name it was called. */
const banner = '#!/usr/bin/node';

const bundleFile = 'egress-router.js';

/**
 * Bundles src/main.ts into FOLDER/egress-router.js, with its source map beside it, and tells which packages are in it. Nothing is minified: the
 * bundle is a hundredth of the image, and a stack trace can be read without the map. It is a CommonJS module, which starts in half the time: for an
 * ES module Node reads every export of node:http, and so loads a WebSocket client with all that it needs.
 * @throws Error when esbuild refuses the sources
 */
export function bundle(checkout: string, folder: string): NpmPackage[] {
  mkdirSync(join(checkout, 'build'), { recursive: true });
  // In the checkout, since the paths in a source map are relative to it.
  const output = mkdtempSync(join(checkout, 'build/bundle-'));
  try {
    const bundled = join(output, bundleFile);
    const words = [
      'src/main.ts',
      ...['--bundle', '--platform=node', '--format=cjs', '--target=node26', '--log-level=error'],
      // Without the sources' text: who has the revision has the sources.
      ...['--sourcemap', '--sources-content=false', `--outfile=${bundled}`, `--metafile=${output}/meta.json`, `--banner:js=${banner}`],
    ];
    runTool(join(checkout, `node_modules/@esbuild/linux-${process.arch}/bin/esbuild`), words, { cwd: checkout });
    mkdirSync(folder, { recursive: true });
    copyFileSync(bundled, join(folder, bundleFile));
    chmodSync(join(folder, bundleFile), 0o755);
    writeFileSync(join(folder, `${bundleFile}.map`), readFileSync(`${bundled}.map`, 'utf8').replaceAll('"../../', '"'));
    const { inputs }: { inputs: Record<string, unknown> } = JSON.parse(readFileSync(`${output}/meta.json`, 'utf8'));
    const folders = Object.keys(inputs).flatMap((path) => path.match(/^.*node_modules\/(@[^/]+\/)?[^/]+/)?.[0] ?? []);
    return [...new Set(folders)].sort().map((path) => describeNpmPackage(join(checkout, path)));
  } finally {
    rmSync(output, { recursive: true });
  }
}
