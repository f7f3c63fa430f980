import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';

const biome = `${process.cwd()}/node_modules/@biomejs/cli-linux-${process.arch}/biome`;

/** What ARCHITECTURE.md's map says, as files that might be written against it. */
const breaches = [
  ['src/net/x.ts', '../config/settings.ts'],
  ['src/nftables/x.ts', '../source-ip/step.ts'],
  ['src/dns/x.ts', '../observe/log.ts'],
  ['src/http/x.ts', '../net/gathered-writes.ts'],
  ['src/http/x.ts', '../http-proxy/failure.ts'],
  ['src/net/x.ts', '../http/fields.ts'],
  ['src/config/x.ts', '../redirect/plan-redirect.ts'],
  ['src/observe/x.ts', '../cli/effects.ts'],
  ['src/source-ip/x.ts', '../redirect/connection.ts'],
  ['src/redirect/x.ts', '../http-proxy/decide.ts'],
  ['src/http-proxy/x.ts', '../dns-proxy/route.ts'],
  ['src/dns-proxy/x.ts', '../http-proxy/decide.ts'],
  ['src/http-proxy/x.ts', '../source-ip/step.ts'],
  ['src/cli/x.ts', '../../lab/lab.ts'],
  ['src/http-proxy/x.ts', '../../fuzz/world.ts'],
  ['src/cli/x.ts', '../../image/container.ts'],
] as const;

const allowed = [
  ['src/config/x.ts', '../net/prefix.ts'],
  ['src/redirect/x.ts', '../source-ip/plan-tables.ts'],
  ['src/cli/x.ts', '../http-proxy/decide.ts'],
] as const;

/** Whether a tree of nothing but this file passes. */
function passes(file: string, text: string): boolean {
  const tree = mkdtempSync(join(tmpdir(), 'import-rules-'));
  mkdirSync(dirname(join(tree, file)), { recursive: true });
  writeFileSync(join(tree, file), text);
  copyFileSync('biome.json', join(tree, 'biome.json'));
  return spawnSync(biome, ['lint', '--vcs-enabled=false', '.'], { cwd: tree }).status === 0;
}

for (const [file, imported] of breaches) {
  test(`import rules: ${file} must not import ${imported}`, () => {
    assert.equal(passes(file, `import '${imported}';\n`), false);
  });
}

test('import rules: what the map allows passes', () => {
  for (const [file, imported] of allowed) assert.ok(passes(file, `import '${imported}';\n`), file);
});

test('import rules: only main.ts reads process.env', () => {
  assert.equal(passes('src/cli/x.ts', 'export const path = process.env.PATH;\n'), false);
  assert.ok(passes('src/main.ts', 'export const path = process.env.PATH;\n'));
});
