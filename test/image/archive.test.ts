import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { bundle } from '../../image/bundle.ts';
import { labels, startedWith } from '../../image/image-config.ts';
import { digestOf } from '../../image/layer.ts';
import { runTool } from '../../image/run-tool.ts';
import { archiveBlob, archiveConfig, archiveFile, archiveManifest, archiveMember, checkout, imageRoot, version } from './archive.ts';

test('image: a second build, in another folder, with another umask and time zone, has the same manifest digest', () => {
  const { created, config } = archiveConfig(archiveFile);
  const revision: string | undefined = config.Labels['org.opencontainers.image.revision'];
  const folder = mkdtempSync(join(tmpdir(), 'second-build-'));
  try {
    const words = [
      join(import.meta.dirname, 'programs/build.ts'),
      folder,
      String(Date.parse(created) / 1000),
      ...(revision ? [revision] : []),
    ];
    const { stdout, stderr } = spawnSync('sh', ['-c', 'umask 077 && exec "$@"', 'sh', process.execPath, ...words], {
      cwd: folder,
      env: { PATH: process.env.PATH, TZ: 'Asia/Kathmandu', LC_ALL: 'C.UTF-8', HOME: folder },
      encoding: 'utf8',
    });
    assert.equal(stdout.trim(), archiveManifest(archiveFile).digest, stderr);
    assert.deepEqual(readFileSync(join(folder, 'image.tar')), readFileSync(archiveFile));
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('image: manifest, configuration and layers have the digests by which they are named, and 75 MB are not exceeded', () => {
  const manifest = JSON.parse(archiveBlob(archiveFile, archiveManifest(archiveFile).digest).toString());
  const { rootfs } = archiveConfig(archiveFile);
  const layers: Buffer[] = manifest.layers.map(({ digest }: { digest: string }) => archiveBlob(archiveFile, digest));
  assert.deepEqual(
    layers.map((layer) => digestOf(gunzipSync(layer))),
    rootfs.diff_ids,
  );
  assert.deepEqual(
    layers.map(({ length }) => length),
    manifest.layers.map(({ size }: { size: number }) => size),
  );
  const compressed = layers.reduce((sum, { length }) => sum + length, 0);
  assert.ok(compressed <= 75e6, `${compressed} bytes`);
});

test('image: containerd, Podman and Docker learn its name from the archive', () => {
  const name = `docker.io/library/egress-router:${version}`;
  assert.deepEqual(archiveManifest(archiveFile).annotations, {
    'io.containerd.image.name': name,
    'org.opencontainers.image.ref.name': version,
  });
  const [docker] = JSON.parse(archiveMember(archiveFile, 'manifest.json').toString());
  assert.deepEqual(docker.RepoTags, [name]);
  const inDocker = (path: string) => archiveBlob(archiveFile, path.replace('blobs/', '').replace('/', ':'));
  assert.deepEqual(JSON.parse(inDocker(docker.Config).toString()), archiveConfig(archiveFile));
  assert.deepEqual(
    docker.Layers.map((path: string) => digestOf(gunzipSync(inDocker(path)))),
    archiveConfig(archiveFile).rootfs.diff_ids,
  );
});

test('image: its user is root, its program is egress-router, and its labels say what it is and which version', () => {
  const { config, architecture, os } = archiveConfig(archiveFile);
  assert.equal(config.User, undefined);
  assert.deepEqual(config.Entrypoint, ['/bin/egress-router']);
  assert.deepEqual([os, architecture], ['linux', process.arch === 'x64' ? 'amd64' : process.arch]);
  assert.equal(config.Labels['org.opencontainers.image.version'], version);
  assert.equal(config.Labels['org.opencontainers.image.licenses'], 'Apache-2.0');
});

test('Containerfile: what is built by it is started and labelled as the archive is', () => {
  const lines = readFileSync(join(checkout, 'Containerfile'), 'utf8').replaceAll('\\\n', ' ').split('\n');
  const final = lines.slice(lines.lastIndexOf('FROM scratch'));
  const instruction = (name: string) => final.filter((line) => line.startsWith(`${name} `)).map((line) => line.slice(name.length + 1));
  assert.deepEqual(
    instruction('ENTRYPOINT').map((text) => JSON.parse(text)),
    [startedWith.Entrypoint],
  );
  assert.deepEqual(instruction('ENV'), startedWith.Env);
  assert.deepEqual(instruction('WORKDIR'), [startedWith.WorkingDir]);
  const said = Object.fromEntries(
    [
      ...instruction('LABEL')
        .join(' ')
        .matchAll(/(\S+)="([^"]*)"/g),
    ].map(([, name, value]) => [name, value]),
  );
  assert.deepEqual(said, { ...labels, 'org.opencontainers.image.version': version });
});

test('Containerfile: what its context has makes the same bundle as the checkout', () => {
  // Beside the packages, for hard links; in the sandbox, temporary files have a file system of their own.
  const context = mkdtempSync(join(checkout, 'build/context-'));
  try {
    const lines = readFileSync(join(checkout, '.dockerignore'), 'utf8').split('\n');
    const included = lines.filter((line) => line.startsWith('!')).map((line) => line.slice(1));
    runTool('cp', ['-a', '--link', ...[...included, 'node_modules'].map((path) => join(checkout, path)), context]);
    bundle(context, join(context, 'bundle'));
    for (const name of ['egress-router.js', 'egress-router.js.map']) {
      assert.deepEqual(readFileSync(join(context, 'bundle', name)), readFileSync(join(imageRoot, 'usr/lib/egress-router', name)), name);
    }
  } finally {
    rmSync(context, { recursive: true });
  }
});
