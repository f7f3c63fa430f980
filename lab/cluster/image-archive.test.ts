import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { test } from 'node:test';
import { writeImageArchive } from './image-archive.ts';

test('writeImageArchive: the archive has the name, the program with its libraries, the links that are not programs, and the true digest', async () => {
  const folder = mkdtempSync(`${tmpdir()}/image-archive-`);
  try {
    const archive = `${folder}/image.tar`;
    const links = [
      ['ls', 'nothing'],
      ['dir', 'ls'],
    ] as const;
    await writeImageArchive({ name: 'localhost/it:1', command: ['ls'], programs: ['/bin/ls'], links }, archive);
    execFileSync('tar', ['-xf', archive, '-C', folder]);
    const [manifest] = JSON.parse(readFileSync(`${folder}/manifest.json`, 'utf8'));
    assert.deepEqual(manifest, { Config: 'config.json', RepoTags: ['localhost/it:1'], Layers: ['layer.tar'] });
    const digest = createHash('sha256')
      .update(readFileSync(`${folder}/layer.tar`))
      .digest('hex');
    assert.deepEqual(JSON.parse(readFileSync(`${folder}/config.json`, 'utf8')).rootfs.diff_ids, [`sha256:${digest}`]);
    const files = execFileSync('tar', ['-tvf', `${folder}/layer.tar`], { encoding: 'utf8' });
    assert.match(files, /^-rwxr-xr-x 0\/0 .* \.\/bin\/ls$/m);
    assert.match(files, / \.\/bin\/dir -> ls$/m);
    assert.match(files, /^-.* \.\/.*libc\.so\.6$/m);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
