import type { DebianPackage } from './debian-packages.ts';
import type { NpmPackage } from './npm-packages.ts';

/** What the image was made from. */
export interface Software {
  readonly version: string;
  /** The commit of the checkout; undefined = it is none, or has changes. */
  readonly revision: string | undefined;
  /** What the image says as its date, in seconds since 1970. */
  readonly created: number;
  readonly debian: readonly DebianPackage[];
  /** The npm package that brings Node. */
  readonly node: NpmPackage;
  /** The packages in the bundle. */
  readonly npm: readonly NpmPackage[];
}
