import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { test } from 'node:test';
import { deployFiles, manifests, referencesOf, routerPods, version } from './manifests.ts';

test('deploy: every document says its version and kind, and what is no kustomization its name', () => {
  for (const { file, apiVersion, kind, metadata } of manifests) {
    assert.ok(apiVersion && kind, file);
    if (kind !== 'Kustomization' && kind !== 'Component') assert.ok(metadata?.name, file);
  }
});

test('deploy: every file is part of a kustomization or stands on its own, and every path that a kustomization names is there', () => {
  const referenced = manifests.flatMap(referencesOf);
  for (const path of referenced) assert.ok(existsSync(path), path);
  const alone = /^deploy\/(README\.md|pods\/.*|legacy\/examples\/.*|.*\/kustomization\.yaml)$/;
  assert.deepEqual(
    deployFiles.filter((file) => !alone.test(file) && !referenced.includes(file)),
    [],
  );
});

test('deploy: each mode has a base, and an overlay for each platform', () => {
  const folders = deployFiles.filter((file) => /^deploy\/(base|overlays)\/.*kustomization\.yaml$/.test(file)).map(dirname);
  const modes = ['dns-proxy', 'http-proxy', 'redirect'];
  const expected = ['base', 'overlays/multus', 'overlays/openshift'].flatMap((folder) => modes.map((mode) => `deploy/${folder}/${mode}`));
  assert.deepEqual(folders, expected);
});

test('deploy: the image is egress-router of the version of package.json, in every container and for kustomize', () => {
  for (const { manifest, pod } of routerPods) {
    for (const { image } of [...(pod.initContainers ?? []), ...pod.containers])
      assert.equal(image, `egress-router:${version}`, manifest.file);
  }
  const component = manifests.find(({ file }) => file === 'deploy/image/kustomization.yaml');
  assert.deepEqual(component?.images, [{ name: 'egress-router', newName: 'egress-router', newTag: version }]);
});

test('deploy: a Deployment has one replica, and its old pod ends before the new one starts', () => {
  const deployments = routerPods.filter(({ manifest }) => manifest.kind === 'Deployment').map(({ manifest }) => manifest);
  assert.notEqual(deployments.length, 0);
  for (const { file, spec } of deployments) assert.deepEqual([spec?.replicas, spec?.strategy], [1, { type: 'Recreate' }], file);
});

test('deploy: the ports of the site are all that its Service has', () => {
  const site = manifests.find(({ file }) => file === 'deploy/site/service.yaml');
  // Else kustomize merges them with those of the base, by number, and one that was taken out would stay.
  assert.deepEqual(site?.spec?.ports?.[0], { $patch: 'replace' });
});
