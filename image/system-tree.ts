import { lstatSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { contents, leftOut, mergedFolders, mountPoints, writtenFiles } from './contents.ts';
import { controlOf, type DebianPackage } from './debian-packages.ts';
import { runTool } from './run-tool.ts';

/**
 * Makes the part of the root that changes with Debian and Node: programs, the shared libraries that they need, data, licences, and the
 * packages' control files where scanners look for them.
 * @throws Error when a file or a library is in none of the packages
 */
export function makeSystemTree(tree: string, packages: readonly DebianPackage[], nodeFile: string): void {
  mkdirSync(tree, { recursive: true });
  const unpacked = mkdtempSync(`${tree}.unpacked-`);
  try {
    for (const { file } of packages) unpack(file, unpacked);
    mkdirSync(join(tree, 'usr/bin'), { recursive: true });
    runTool('strip', ['-o', join(tree, 'usr/bin/node'), nodeFile]);
    const taken = Object.values(contents).flatMap((paths) => paths.flatMap((path) => linkChain(unpacked, path)));
    const copyrights = packages.map(({ name }) => copyrightOf(unpacked, name));
    const programs = [join(tree, 'usr/bin/node'), ...taken.map((path) => join(unpacked, path))].filter(isElf);
    const libraries = findLibraries(unpacked, programs);
    runTool('cp', ['-a', '--parents', '-t', tree, ...new Set([...taken, ...copyrights, ...libraries])], { cwd: unpacked });
  } finally {
    rmSync(unpacked, { recursive: true });
  }
  for (const path of leftOut) rmSync(join(tree, path), { recursive: true });
  for (const folder of mergedFolders) symlinkSync(`usr/${folder}`, join(tree, folder));
  for (const [path, text] of Object.entries(writtenFiles)) writeFileSync(join(tree, path), text);
  for (const folder of mountPoints) mkdirSync(join(tree, folder));
  bundleCertificates(tree);
  const statusFolder = join(tree, 'var/lib/dpkg/status.d');
  mkdirSync(statusFolder, { recursive: true });
  for (const item of packages) writeFileSync(join(statusFolder, item.name), controlOf(item));
}

/** Unpacks as if the root had its folders merged into /usr, which this tree has not yet. */
function unpack(file: string, tree: string): void {
  const words = ['-x', '--no-same-owner', '-C', tree, `--transform=flags=r;s,^\\./\\(s\\?bin\\|lib\\|lib64\\)/,./usr/\\1/,`];
  runTool('tar', words, { input: runTool('dpkg-deb', ['--fsys-tarfile', file]) });
}

/** The path and, where it is a symbolic link, every path on the way to what it stands for. @throws Error when one is missing */
function linkChain(tree: string, path: string): string[] {
  const merged = mergedFolders.includes(path.split('/')[0] ?? '') ? `usr/${path}` : path;
  const stat = lstatSync(join(tree, merged), { throwIfNoEntry: false });
  if (stat === undefined) throw new Error(`none of the packages has ${path}`);
  if (!stat.isSymbolicLink()) return [merged];
  const target = readlinkSync(join(tree, merged));
  const next = target.startsWith('/') ? target.slice(1) : relative(tree, join(tree, dirname(merged), target));
  return [merged, ...linkChain(tree, next)];
}

/** A package whose folder is a link has its copyright in the folder of another. */
function copyrightOf(tree: string, name: string): string {
  const folder = `usr/share/doc/${name}`;
  return lstatSync(join(tree, folder)).isSymbolicLink() ? folder : `${folder}/copyright`;
}

/** The shared libraries, and the loader, of all programs, and theirs again; with the links that lead to them. */
function findLibraries(tree: string, programs: readonly string[]): string[] {
  const [folder = ''] = readdirSync(join(tree, 'usr/lib')).filter((name) => name.endsWith('-linux-gnu'));
  const found = new Map<string, string[]>();
  const open = [...programs];
  for (let file = open.pop(); file !== undefined; file = open.pop()) {
    const headers = runTool('readelf', ['--wide', '--dynamic', '--program-headers', file]).toString();
    const loaders = [...headers.matchAll(/program interpreter: \/(\S+)\]/g)].map(([, path = '']) => path);
    const needed = [...headers.matchAll(/\(NEEDED\).*\[(\S+)\]/g)].map(([, name = '']) => `usr/lib/${folder}/${name}`);
    for (const path of [...loaders, ...needed]) {
      if (found.has(path)) continue;
      const chain = linkChain(tree, path);
      found.set(path, chain);
      open.push(join(tree, chain.at(-1) ?? path));
    }
  }
  return [...found.values()].flat();
}

function isElf(file: string): boolean {
  return lstatSync(file).isFile() && readFileSync(file).subarray(0, 4).equals(Buffer.from('\x7fELF'));
}

/** What `update-ca-certificates` makes: all authorities in one file, where OpenSSL and GnuTLS look. */
function bundleCertificates(tree: string): void {
  const folder = join(tree, 'usr/share/ca-certificates/mozilla');
  const texts = readdirSync(folder)
    .sort()
    .map((name) => readFileSync(join(folder, name), 'utf8'));
  mkdirSync(join(tree, 'etc/ssl/certs'), { recursive: true });
  writeFileSync(join(tree, 'etc/ssl/certs/ca-certificates.crt'), texts.join(''));
  rmSync(join(tree, 'usr/share/ca-certificates'), { recursive: true });
}
