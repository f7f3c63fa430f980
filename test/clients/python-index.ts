import { randomBytes } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import type { Stage } from './stage.ts';
import { digestFile } from './twice.ts';

/** Packages of the index, and what each depends on. */
export const pythonPackages: Readonly<Record<string, string | undefined>> = { leaf: undefined, tree: 'leaf' };

/** Makes a package index below /simple/ of the web server (PEP 503), with a wheel for each package. */
export async function makePythonIndex(stage: Stage): Promise<void> {
  await Promise.all(Object.entries(pythonPackages).map(([name, requires]) => makeProject(stage, name, requires)));
}

async function makeProject({ lab, site }: Stage, name: string, requires: string | undefined): Promise<void> {
  const work = `${lab.folder}/wheels/${name}`;
  const info = `${work}/${name}-1.0.dist-info`;
  await Promise.all([`${work}/${name}`, info, `${site}/simple/${name}`].map((folder) => mkdir(folder, { recursive: true })));
  const metadata = [
    'Metadata-Version: 2.1',
    `Name: ${name}`,
    'Version: 1.0',
    ...(requires === undefined ? [] : [`Requires-Dist: ${requires}`]),
  ];
  await writeFile(`${info}/METADATA`, `${metadata.join('\n')}\n`);
  await writeFile(`${info}/WHEEL`, 'Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n');
  await writeFile(`${work}/${name}/__init__.py`, `name = '${name}'\n`);
  await writeFile(`${work}/${name}/data`, randomBytes(300_000));
  const record = ['METADATA', 'WHEEL', 'RECORD'].map((file) => `${name}-1.0.dist-info/${file},,\n`);
  await writeFile(`${info}/RECORD`, `${name}/__init__.py,,\n${name}/data,,\n${record.join('')}`);

  const wheel = `${name}-1.0-py3-none-any.whl`;
  const path = `${site}/simple/${name}/${wheel}`;
  await lab.host('outside').output('python3', ['-m', 'zipfile', '--create', path, `${work}/${name}`, info]);
  const link = `<a href="${wheel}#sha256=${await digestFile(path)}">${wheel}</a>`;
  await writeFile(`${site}/simple/${name}/index.html`, `<!DOCTYPE html><html><body>${link}</body></html>`);
}
