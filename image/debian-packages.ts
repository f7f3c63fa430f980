import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { runTool } from './run-tool.ts';

/** A Debian package as a file on disk. */
export interface DebianPackage {
  readonly name: string;
  readonly version: string;
  readonly architecture: string;
  /** The package that it was built from; the sources are found under this name. */
  readonly source: string;
  readonly file: string;
  /** In hexadecimal digits. */
  readonly sha256: string;
}

const indexFile = 'packages.json';

/**
 * Downloads the newest versions that the machine's apt knows, where the folder does not have them yet.
 * @throws Error when apt knows no such package, or those of another release than Debian 12, or a download fails
 */
export function fetchPackages(names: readonly string[], folder: string): DebianPackage[] {
  mkdirSync(folder, { recursive: true });
  // In an empty folder, since apt leaves out what is there.
  const empty = mkdtempSync(`${folder}/new-`);
  try {
    const listing = runTool('apt-get', ['--print-uris', 'download', ...names], { cwd: empty }).toString();
    const offers = [...listing.matchAll(/^'[^']+' (\S+\.deb) \d+ SHA256:([0-9a-f]{64})$/gm)].map(([, file = '', sha256 = '']) => ({
      file,
      sha256,
    }));
    if (offers.length !== names.length)
      throw new Error(`apt offers ${offers.length} of ${names.length} packages; apt-get update helps where it knows none:\n${listing}`);
    const missing = offers.filter(({ file, sha256 }) => !existsSync(`${folder}/${file}`) || hashOf(`${folder}/${file}`) !== sha256);
    if (missing.length > 0) runTool('apt-get', ['download', '-qq', ...missing.map(({ file }) => pinOf(file))], { cwd: empty });
    for (const { file, sha256 } of missing) {
      if (hashOf(`${empty}/${file}`) !== sha256) throw new Error(`${file} is not what apt promised`);
      renameSync(`${empty}/${file}`, `${folder}/${file}`);
    }
    // In an order of ours: apt's depends on how the machine's lists are laid out.
    const packages = offers
      .toSorted((a, b) => (a.file < b.file ? -1 : 1))
      .map(({ file, sha256 }) => describePackage(`${folder}/${file}`, sha256));
    refuseOtherReleases(packages);
    writeFileSync(`${empty}/${indexFile}`, `${JSON.stringify(packages, null, 2)}\n`);
    renameSync(`${empty}/${indexFile}`, `${folder}/${indexFile}`);
    return packages;
  } finally {
    rmSync(empty, { recursive: true });
  }
}

/** The packages that were fetched last; undefined = none were. */
export function fetchedPackages(folder: string): DebianPackage[] | undefined {
  if (!existsSync(`${folder}/${indexFile}`)) return undefined;
  return JSON.parse(readFileSync(`${folder}/${indexFile}`, 'utf8'));
}

/** The control file of a package, as dpkg keeps it in its status file. */
export function controlOf({ file }: DebianPackage): string {
  return runTool('dpkg-deb', ['--field', file]).toString();
}

/** The router is tested with the programs of one release, and reads what they print. */
function refuseOtherReleases(packages: readonly DebianPackage[]): void {
  const release = packages.find(({ name }) => name === 'base-files')?.version;
  if (release?.includes('+deb12') !== true) {
    throw new Error(
      `the image is made of packages of Debian 12, and apt offers those of base-files ${release}: build it with the Containerfile`,
    );
  }
}

function describePackage(file: string, sha256: string): DebianPackage {
  const control = runTool('dpkg-deb', ['--field', file]).toString();
  const field = (name: string) => control.match(new RegExp(`^${name}: (\\S+)`, 'm'))?.[1];
  const name = field('Package') ?? '';
  // Without the field, package and source have one name.
  return {
    name,
    version: field('Version') ?? '',
    architecture: field('Architecture') ?? '',
    source: field('Source') ?? name,
    file,
    sha256,
  };
}

/** apt's word for one version: NAME=VERSION of NAME_VERSION_ARCHITECTURE.deb, in which a colon is percent-encoded. */
function pinOf(file: string): string {
  const [name, version] = file.split('_');
  return `${name}=${decodeURIComponent(version ?? '')}`;
}

function hashOf(file: string): string {
  return createHash('sha256').update(readFileSync(file)).digest('hex');
}
