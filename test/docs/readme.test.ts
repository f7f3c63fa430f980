import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

const readme = readFileSync('README.md', 'utf8');

test('README: the manifests that it shows are the files of deploy/, to the letter', () => {
  const shown = [...readme.matchAll(/^```yaml\n(.*?)^```/gms)].map(([, text]) => text);
  const files = ['attachment/macvlan', 'pods/redirect', 'pods/http-proxy', 'pods/dns-proxy'];
  assert.deepEqual(
    shown,
    files.map((file) => readFileSync(`deploy/${file}.yaml`, 'utf8')),
  );
});

test('README: a router in your cluster is five commands away', () => {
  const [, commands = ''] = /^## A router in your cluster$.*?^```sh\n(.*?)^```/ms.exec(readme) ?? [];
  assert.equal(commands.trim().split('\n').length, 5);
});
