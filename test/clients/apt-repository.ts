import { createHash, randomBytes } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import type { Stage } from './stage.ts';

/** Packages of the repository, and what each depends on. */
export const aptPackages: Readonly<Record<string, string | undefined>> = {
  'leaf-one': undefined,
  'leaf-two': undefined,
  tree: 'leaf-one, leaf-two',
};

/** Makes a repository below /apt/ of the web server: packages of some hundred kilobytes, their index and its digest. It is not signed, so clients must be told to trust it. */
export async function makeAptRepository(stage: Stage): Promise<void> {
  const repository = `${stage.site}/apt`;
  await mkdir(repository);
  const index = await Promise.all(Object.entries(aptPackages).map(([name, depends]) => makePackage(stage, { repository, name, depends })));
  const text = index.join('\n');
  await writeFile(`${repository}/Packages`, text);
  const digest = `${digestOf(text)} ${text.length} Packages`;
  await writeFile(`${repository}/Release`, `Suite: stable\nDate: Thu, 01 Jan 2026 00:00:00 UTC\nSHA256:\n ${digest}\n`);
}

/** @returns its paragraph of the index */
async function makePackage(
  { lab }: Stage,
  { repository, name, depends }: { readonly repository: string; readonly name: string; readonly depends: string | undefined },
): Promise<string> {
  const tree = `${lab.folder}/deb/${name}`;
  await mkdir(`${tree}/DEBIAN`, { recursive: true });
  await mkdir(`${tree}/opt/${name}`, { recursive: true });
  const control = [
    `Package: ${name}`,
    'Version: 1.0',
    'Architecture: all',
    'Maintainer: Somebody <somebody@example.test>',
    ...(depends === undefined ? [] : [`Depends: ${depends}`]),
    `Description: ${name} of a test`,
  ].join('\n');
  await writeFile(`${tree}/DEBIAN/control`, `${control}\n`);
  await writeFile(`${tree}/opt/${name}/data`, randomBytes(300_000));
  const file = `${name}_1.0_all.deb`;
  await lab.host('outside').output('dpkg-deb', ['--root-owner-group', '-Znone', '--build', tree, `${repository}/${file}`]);
  const content = await readFile(`${repository}/${file}`);
  return `${control}\nFilename: ./${file}\nSize: ${content.length}\nSHA256: ${digestOf(content)}\n`;
}

function digestOf(data: string | Buffer): string {
  return createHash('sha256').update(data).digest('hex');
}
