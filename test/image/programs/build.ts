import { join } from 'node:path';
import { buildImage } from '../../../image/build-image.ts';
import { fetchedPackages } from '../../../image/debian-packages.ts';
import { checkout, version } from '../archive.ts';

/** Builds the image in a folder of its own: build.ts FOLDER SECONDS [REVISION]. Prints the digest of the manifest. */
const [folder = '', seconds = '0', revision] = process.argv.slice(2);
const debian = fetchedPackages(join(checkout, 'build/image/packages'));
if (debian === undefined) throw new Error('no packages were fetched: run npm run image first');
const { digest } = buildImage({ checkout, folder, version, debian, created: Number(seconds), revision }, join(folder, 'image.tar'));
console.log(digest);
