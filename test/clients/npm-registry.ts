import { randomBytes } from 'node:crypto';
import { cp, mkdir, writeFile } from 'node:fs/promises';
import type { Stage } from './stage.ts';

/** Packages of the registry, and what each depends on. The name of a scoped package is one segment of a path, with `%2f` in it. */
export const npmPackages: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  leaf: {},
  '@forest/tree': { leaf: '^1.0.0' },
};

/** Of nginx: what npm knows of a package is JSON at the path that its files are below. */
export const npmLocations = (): string => `
    location /npm/ { default_type application/json; try_files $uri/packument.json $uri =404; }
`;

/** Makes a registry below /npm/SCHEME/ of the web server for each of these URLs of it, since a registry says by itself where its files are. */
export async function makeNpmRegistries(stage: Stage, bases: readonly string[]): Promise<void> {
  await Promise.all(Object.keys(npmPackages).map((name) => makePackage(stage, name, bases)));
}

async function makePackage({ lab, site }: Stage, name: string, bases: readonly string[]): Promise<void> {
  const work = `${lab.folder}/npm/${name}`;
  await mkdir(work, { recursive: true });
  const manifest = { name, version: '1.0.0', main: 'data', dependencies: npmPackages[name] };
  await writeFile(`${work}/package.json`, JSON.stringify(manifest));
  await writeFile(`${work}/data`, randomBytes(300_000));
  const words = ['pack', '--json', '--loglevel=error', '--pack-destination', work, work];
  const shown = await lab.host('outside').output('npm', words, { env: { HOME: work, npm_config_update_notifier: 'false' } });
  const [{ filename, integrity, shasum }] = JSON.parse(shown);
  for (const base of bases) {
    const { pathname } = new URL(base);
    const folder = `${site}${pathname}${name}`;
    await mkdir(`${folder}/-`, { recursive: true });
    await cp(`${work}/${filename}`, `${folder}/-/${filename}`);
    const dist = { tarball: `${base}${name}/-/${filename}`, integrity, shasum };
    const packument = { name, 'dist-tags': { latest: '1.0.0' }, versions: { '1.0.0': { ...manifest, dist } } };
    await writeFile(`${folder}/packument.json`, JSON.stringify(packument));
  }
}
