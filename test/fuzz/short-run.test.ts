import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const program = fileURLToPath(new URL('../../fuzz/main.ts', import.meta.url));

/** Runs the campaign; whatever it finds, the exit code says so. */
async function fuzz(...args: string[]): Promise<{ readonly code: number | null; readonly output: string }> {
  const child = spawn(process.execPath, [program, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  const closed = Promise.withResolvers<number | null>();
  child.once('close', closed.resolve);
  return { output: await text(child.stdout), code: await closed.promise };
}

const shortRun = ['--seed', '1', '--runs', '200'];

test('fuzz: the short run finds nothing', async () => {
  const { code, output } = await fuzz(...shortRun);
  assert.equal(code, 0, output);
  assert.match(output, /cases: request-head 200, chunked-body 200, client-hello 200, upstream-response 200;/);
});

/** Each bug of `fuzz/planted/`, and the invariant that it breaks. */
const bugs = [
  ['trailing-dot', 'reach'],
  ['both-framings', 'whole'],
  ['client-hello-throws', 'alive'],
  ['descriptor-leak', 'descriptors'],
  ['counted-twice', 'account'],
  ['memory-leak', 'memory'],
  ['unasked-continue', 'delivered'],
] as const;
for (const [plant, invariant] of bugs) {
  test(`fuzz: the short run finds the planted bug ${plant}`, async () => {
    const { code, output } = await fuzz(...shortRun, '--shrink', '0', '--plant', plant);
    assert.equal(code, 1, output);
    assert.match(output, new RegExp(`^FOUND ${invariant}: `, 'm'));
  });
}

test('fuzz: what a finding says to run brings it about again, and does nothing to a proxy without the bug', async () => {
  const { output } = await fuzz(...shortRun, '--shrink', '1', '--plant', 'counted-twice');
  const [, again = ''] = /^again: npm run fuzz -- (.*)$/m.exec(output) ?? [];
  const broken = await fuzz(...again.split(' '), '--plant', 'counted-twice');
  assert.match(broken.output, /^FOUND account: /m);
  const [, found] = /^case: (.*)$/m.exec(output) ?? [];
  assert.ok(found !== undefined && broken.output.includes(found), broken.output);
  const sound = await fuzz(...again.split(' '));
  assert.equal(sound.code, 0, sound.output);
});
