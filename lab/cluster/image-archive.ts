import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { copyFile, mkdir, mkdtemp, readlink, realpath, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { promisify } from 'node:util';

const execute = promisify(execFile);

/** An image made of programs of this machine. */
export interface ImageSpec {
  readonly name: string;
  /** What a container runs when it is told nothing. */
  readonly command: readonly string[];
  /** Absolute paths of programs; each comes to /bin with the libraries that it loads. */
  readonly programs: readonly string[];
  /** Links in /bin: name and target. */
  readonly links?: readonly (readonly [name: string, target: string])[];
}

/** Writes `archive` (docker-archive) with one layer, without a registry. */
export async function writeImageArchive(spec: ImageSpec, archive: string): Promise<void> {
  await mkdir(dirname(archive), { recursive: true });
  const folder = await mkdtemp(`${archive}.`);
  try {
    const root = `${folder}/root`;
    await fillRoot(root, spec);
    const layer = `${folder}/layer.tar`;
    await tar(['--directory', root, '-cf', layer, '.']);
    const config = JSON.stringify({
      architecture: process.arch === 'x64' ? 'amd64' : process.arch,
      os: 'linux',
      config: { Env: ['PATH=/bin'], Cmd: spec.command },
      rootfs: { type: 'layers', diff_ids: [`sha256:${await sha256(layer)}`] },
    });
    await writeFile(`${folder}/config.json`, config);
    await writeFile(`${folder}/manifest.json`, JSON.stringify([{ Config: 'config.json', RepoTags: [spec.name], Layers: ['layer.tar'] }]));
    await tar(['--directory', folder, '-cf', `${folder}/image.tar`, 'config.json', 'manifest.json', 'layer.tar']);
    await rename(`${folder}/image.tar`, archive);
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function fillRoot(root: string, { programs, links = [] }: ImageSpec): Promise<void> {
  for (const folder of ['bin', 'etc', 'tmp', 'proc', 'sys', 'dev', 'run']) await mkdir(`${root}/${folder}`, { recursive: true });
  for (const program of programs) {
    await copyFile(await realpath(program), `${root}/bin/${basename(program)}`);
    for (const library of await librariesOf(program)) {
      await mkdir(`${root}${dirname(library)}`, { recursive: true });
      await copyFile(library, `${root}${library}`);
    }
  }
  for (const [name, target] of links) {
    const link = `${root}/bin/${name}`;
    if (await isMissing(link)) await symlink(target, link);
  }
  await writeFile(`${root}/etc/passwd`, 'root:x:0:0:root:/:/bin/sh\n');
  await writeFile(`${root}/etc/group`, 'root:x:0:\n');
}

/** What the dynamic loader would load, itself included; nothing for a static program, on which ldd fails. */
async function librariesOf(program: string): Promise<string[]> {
  try {
    const { stdout } = await execute('ldd', [program]);
    return stdout.match(/\/\S+/g) ?? [];
  } catch {
    return [];
  }
}

async function isMissing(path: string): Promise<boolean> {
  try {
    await readlink(path);
    return false;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'ENOENT';
  }
}

async function tar(words: readonly string[]): Promise<void> {
  await execute('tar', ['--owner=0', '--group=0', '--numeric-owner', '--sort=name', '--mtime=@0', ...words]);
}

async function sha256(file: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(file)) hash.update(chunk);
  return hash.digest('hex');
}
