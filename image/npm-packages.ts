import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** An npm package as it is installed. */
export interface NpmPackage {
  readonly name: string;
  readonly version: string;
  /** An SPDX expression. */
  readonly license: string;
  readonly folder: string;
}

/** A package as its own package.json describes it. */
export function describeNpmPackage(folder: string): NpmPackage {
  const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  return { name, version, license, folder };
}

/** The files that say under which conditions a package may be handed on. @throws Error when it has none */
export function licenseFiles({ name, folder }: NpmPackage): string[] {
  const names = readdirSync(folder).filter((file) => /^(licen[cs]e|copying|notice)/i.test(file));
  if (names.length === 0) throw new Error(`${name} comes without a licence text`);
  return names.sort().map((file) => join(folder, file));
}
