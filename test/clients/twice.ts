import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { lstat, mkdtemp, readdir, readFile, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { RunOptions } from '../../lab/host.ts';
import { expectAccess } from './access-log.ts';
import { proxyAddress, type Stage, type Way } from './stage.ts';

/** One of the two times that a client does its job. */
export interface Errand {
  readonly stage: Stage;
  /** Also a name to tell apart what the two leave at the server. */
  readonly way: Way;
  /** The web server's name for this job. */
  readonly host: string;
  /** URL of the proxy that the client is to use; undefined: none. */
  readonly proxy: string | undefined;
  /** Empty; what is in it at the end must be the same both times. */
  readonly folder: string;
  /** Empty, for what need not be the same; the client's home. */
  readonly home: string;
  /** Runs a program of the client's, which must succeed. @returns what it wrote @throws Error with what it wrote when it fails */
  run(command: string, args: readonly string[], options?: RunOptions): Promise<string>;
}

/** A job, what it is called (part of a host name), and what the proxy must have logged of it. */
export interface Job {
  readonly name: string;
  /** Where the server is not asked by a name of its own. */
  readonly host?: string;
  /** See `expectAccess`. */
  readonly access: readonly string[];
  readonly work: (errand: Errand) => Promise<void>;
}

/** Digests of files, by path. */
export type Tree = ReadonlyMap<string, string>;

/** Lets a client do its job directly and by the proxy, and asserts that it has the same in the end. @returns what it has */
export async function twice(stage: Stage, { name, host = stage.hostOf(name), access, work }: Job): Promise<Tree> {
  const [direct, through] = await Promise.all((['direct', 'proxy'] as const).map((way) => once(stage, { name, host, way, work })));
  assert.deepEqual(through, direct);
  assert.ok(direct !== undefined && direct.size > 0, 'the job brought nothing');
  await expectAccess(stage, host, access);
  return direct;
}

async function once(
  stage: Stage,
  { name, host, way, work }: Pick<Job, 'name' | 'work'> & { readonly host: string; readonly way: Way },
): Promise<Tree> {
  const [folder, home] = await Promise.all(['got', 'home'].map((use) => mkdtemp(`${stage.lab.folder}/${name}-${way}-${use}-`)));
  assert.ok(folder !== undefined && home !== undefined);
  const proxy = way === 'proxy' ? `http://${proxyAddress.host}:${proxyAddress.port}` : undefined;
  const run: Errand['run'] = (command, args, options = {}) =>
    stage.run(way, command, args, { ...options, env: { HOME: home, ...options.env } });
  await work({ stage, way, host, proxy, folder, home, run });
  return readTree(folder);
}

/** Digests of all files below a folder. */
export async function readTree(folder: string): Promise<Tree> {
  const names = (await readdir(folder, { recursive: true })).sort();
  const entries = await Promise.all(names.map(async (name) => [name, await digestFile(join(folder, name))] as const));
  return new Map(entries.flatMap(([name, digest]) => (digest === undefined ? [] : [[name, digest] as const])));
}

/** The digest of a file, or where a link leads; undefined: a folder. */
export async function digestFile(path: string): Promise<string | undefined> {
  const status = await lstat(path);
  if (status.isSymbolicLink()) return `-> ${await readlink(path)}`;
  if (!status.isFile()) return undefined;
  return createHash('sha256')
    .update(await readFile(path))
    .digest('hex');
}
