import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { checkout, imageRoot, version } from './archive.ts';

const at = (...path: readonly string[]) => join(imageRoot, ...path);

/** Runs a program of the image with the image as its root. */
function inImage(words: readonly string[], env: Record<string, string> = {}) {
  const { status, stdout, stderr } = spawnSync('chroot', [imageRoot, ...words], {
    env: { PATH: process.env.PATH, ...env },
    encoding: 'utf8',
  });
  return { status, stdout, stderr };
}

test('root: it has the programs that the router starts, Node, and the router under its names; no shell and nothing else', () => {
  const programs = ['bin', 'sbin'].flatMap((folder) => readdirSync(at('usr', folder)).map((name) => `/${folder}/${name}`));
  assert.deepEqual(programs.sort(), [
    '/bin/arping',
    '/bin/egress-dns-proxy.sh',
    '/bin/egress-http-proxy.sh',
    '/bin/egress-router',
    '/bin/egress-router.sh',
    '/bin/ip',
    '/bin/node',
    '/bin/ping',
    '/sbin/conntrack',
    '/sbin/ip',
    '/sbin/nft',
  ]);
  assert.equal(readlinkSync(at('bin')), 'usr/bin');
});

test('root: every program starts, with the libraries that are there', () => {
  const versions: readonly (readonly [readonly string[], RegExp])[] = [
    [['/usr/sbin/nft', '--version'], /^nftables v1\.0\.6/],
    [['/sbin/ip', '-V'], /^ip utility, iproute2-6\.1/],
    [['/usr/bin/arping', '-V'], /^arping from iputils/],
    [['/bin/ping', '-V'], /^ping from iputils/],
    [['/usr/sbin/conntrack', '--version'], /^conntrack v1\.4/],
    [['/usr/bin/node', '--version'], /^v26\./],
    [['/bin/egress-router', '--help'], /^Usage: egress-router/],
  ];
  for (const [words, expected] of versions) {
    const { status, stdout, stderr } = inImage(words);
    assert.match(stdout, expected, stderr);
    assert.equal(status, 0, stderr);
  }
});

test('root: the names of the original entry points choose the role', () => {
  const unitTest = { EGRESS_HTTP_PROXY_DESTINATION: '*', EGRESS_HTTP_PROXY_MODE: 'unit-test', EGRESS_ROUTER_MODE: 'init' };
  assert.match(inImage(['/bin/egress-http-proxy.sh'], unitTest).stdout, /TCP port 8080: HTTP proxy/);
  assert.equal(inImage(['/bin/egress-router'], unitTest).status, 2);
  for (const [name, expected] of [
    ['egress-router.sh', /EGRESS_SOURCE unspecified or invalid/],
    ['egress-http-proxy.sh', /No EGRESS_HTTP_PROXY_DESTINATION specified/],
    ['egress-dns-proxy.sh', /Must specify EGRESS_DNS_PROXY_DESTINATION/],
  ] as const) {
    const { status, stderr } = inImage([`/bin/${name}`]);
    assert.deepEqual([status, expected.test(stderr)], [2, true], stderr);
  }
});

test('root: certificates and time zones are where programs look for them', () => {
  const certificates = readFileSync(at('etc/ssl/certs/ca-certificates.crt'), 'utf8');
  assert.ok((certificates.match(/BEGIN CERTIFICATE/g) ?? []).length > 100);
  assert.equal(readFileSync(at('usr/share/zoneinfo/Europe/Berlin')).subarray(0, 4).toString(), 'TZif');
});

test('root: the source map leads from the bundle to files of the repository', () => {
  const map = JSON.parse(readFileSync(at('usr/lib/egress-router/egress-router.js.map'), 'utf8'));
  assert.ok(map.sources.includes('src/main.ts'));
  const own = map.sources.filter((source: string) => source.startsWith('src/'));
  for (const source of own) assert.ok(existsSync(join(checkout, source)), source);
});

test('root: whatever it holds has a licence text, and the common licences that these name are there', () => {
  const docs = readdirSync(at('usr/share/doc')).filter((name) => name !== 'egress-router');
  for (const name of docs) {
    const text = readFileSync(at('usr/share/doc', name, 'copyright'), 'utf8');
    for (const [path] of text.matchAll(/\/usr\/share\/common-licenses\/[A-Za-z0-9.-]*[A-Za-z0-9]/g))
      assert.ok(existsSync(at(path)), `${name}: ${path}`);
  }
  assert.deepEqual(docs, readdirSync(at('var/lib/dpkg/status.d')));
  assert.ok(existsSync(at('usr/share/doc/egress-router/LICENSE')));
});

test('root: the bill of materials names every package with its version, and refers to nothing that it does not have', () => {
  const document = JSON.parse(readFileSync(at('usr/share/egress-router/sbom.spdx.json'), 'utf8'));
  const packages: { name: string; versionInfo: string; SPDXID: string; licenseDeclared: string }[] = document.packages;
  const versionOf = new Map(packages.map(({ name, versionInfo }) => [name, versionInfo]));
  assert.equal(document.spdxVersion, 'SPDX-2.3');
  assert.equal(versionOf.get('egress-router'), version);
  for (const name of readdirSync(at('var/lib/dpkg/status.d'))) {
    const [, installed] = readFileSync(at('var/lib/dpkg/status.d', name), 'utf8').match(/^Version: (.+)$/m) ?? [];
    assert.equal(versionOf.get(name), installed, name);
  }
  const licensed = readdirSync(at('usr/share/doc/egress-router/npm'), { recursive: true, withFileTypes: true });
  const npm = new Set(licensed.filter((entry) => entry.isFile()).map(({ parentPath }) => parentPath.split('/npm/')[1] ?? ''));
  const named = packages.filter(({ SPDXID }) => SPDXID.startsWith('SPDXRef-npm-')).map((item) => `${item.name}@${item.versionInfo}`);
  assert.deepEqual([...npm].sort(), named.sort());
  const { packages: locked } = JSON.parse(readFileSync(join(checkout, 'package-lock.json'), 'utf8'));
  const lockedNames = Object.entries<{ version: string }>(locked).map(
    ([path, item]) => `${path.split('node_modules/').at(-1)}@${item.version}`,
  );
  for (const name of named) assert.ok(lockedNames.includes(name), name);
  for (const name of ['bcryptjs', '@pinojs/redact', `node-linux-${process.arch}`]) assert.ok(versionOf.has(name), name);

  const ids = packages.map(({ SPDXID }) => SPDXID);
  assert.equal(new Set(ids).size, ids.length);
  for (const id of ids) assert.match(id, /^SPDXRef-[A-Za-z0-9.-]+$/);
  for (const { relatedSpdxElement } of document.relationships) assert.ok(ids.includes(relatedSpdxElement), relatedSpdxElement);
  assert.equal(document.relationships.length, packages.length);
});

test('root: nothing in it can be run by a user who is not meant to, or written by one', () => {
  for (const entry of readdirSync(at(), { recursive: true, withFileTypes: true })) {
    if (entry.isSymbolicLink()) continue;
    const { mode } = statSync(join(entry.parentPath, entry.name));
    assert.equal(mode & 0o7022, 0, `${entry.parentPath}/${entry.name} has mode ${mode.toString(8)}`);
  }
});
