import { readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { buildImage, buildRoot } from './build-image.ts';
import { contents } from './contents.ts';
import { fetchPackages } from './debian-packages.ts';
import { readRevision } from './revision.ts';

const checkout = join(import.meta.dirname, '..');
const { values } = parseArgs({
  options: {
    root: { type: 'string' },
  },
});

const { version }: { version: string } = JSON.parse(readFileSync(join(checkout, 'package.json'), 'utf8'));
const folder = join(checkout, 'build/image');
const debian = fetchPackages(Object.keys(contents), join(folder, 'packages'));
const options = { checkout, folder, version, debian, ...readRevision(checkout, process.env.SOURCE_DATE_EPOCH) };

if (values.root !== undefined) {
  renameSync(buildRoot(options), values.root);
} else {
  const archive = join(checkout, `build/egress-router-${version}.tar`);
  const { name, digest, layers } = buildImage({ ...options, archive });
  const megabytes = (sizes: readonly number[]) => (sizes.reduce((sum, size) => sum + size, 0) / 1e6).toFixed(1);
  console.log(`${name}\n  manifest ${digest}\n  archive  build/egress-router-${version}.tar`);
  console.log(
    `  size     ${megabytes(layers.map(({ size }) => size))} MB compressed, ${megabytes(layers.map(({ unpackedSize }) => unpackedSize))} MB unpacked`,
  );
}
