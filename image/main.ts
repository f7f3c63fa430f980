import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { buildImage, buildRoot } from './build-image.ts';
import { contents } from './contents.ts';
import { fetchPackages } from './debian-packages.ts';
import { readRevision } from './revision.ts';

const checkout = join(import.meta.dirname, '..');
const { values } = parseArgs({
  options: {
    // The root file system alone, in a folder that does not exist yet: the Containerfile's way.
    root: { type: 'string' },
  },
});

const { version }: { version: string } = JSON.parse(readFileSync(join(checkout, 'package.json'), 'utf8'));
const folder = join(checkout, 'build/image');
const debian = fetchPackages(Object.keys(contents), join(folder, 'packages'));
const options = { checkout, folder, version, debian, ...readRevision(checkout, process.env.SOURCE_DATE_EPOCH) };

if (values.root === undefined) {
  const archive = `build/egress-router-${version}.tar`;
  const { name, digest, layers } = buildImage(options, join(checkout, archive));
  const compressed = layers.reduce((sum, { size }) => sum + size, 0);
  const unpacked = layers.reduce((sum, { unpackedSize }) => sum + unpackedSize, 0);
  console.log(`${name}\n  archive  ${archive}\n  manifest ${digest}`);
  console.log(`  size     ${(compressed / 1e6).toFixed(1)} MB compressed, ${(unpacked / 1e6).toFixed(1)} MB unpacked`);
} else {
  buildRoot(options, values.root);
}
