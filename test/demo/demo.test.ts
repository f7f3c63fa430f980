import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { Report } from '../../demo/report.ts';

async function demo(words: readonly string[], input = ''): Promise<{ readonly code: number | null; readonly output: string }> {
  const child = spawn(process.execPath, ['demo/main.ts', ...words], { stdio: ['pipe', 'pipe', 'inherit'] });
  child.stdin.end(input);
  const exit = new Promise<number | null>((resolve) => child.once('exit', resolve));
  return { output: await text(child.stdout), code: await exit };
}

for (const mode of ['redirect', 'http-proxy', 'dns-proxy']) {
  test(`demo --mode ${mode}: everything is as promised, and exit code 0 says so`, async () => {
    const { code, output } = await demo(['--mode', mode]);
    assert.equal(code, 0, output);
    assert.match(output, /Everything was as promised/);
    assert.match(output, /403: the server 203\.0\.113\.25 saw a connection from 192\.168\.111\.10/);
    assert.match(output, /200: the server 203\.0\.113\.2\d saw a connection from 192\.168\.12\.99/);
  });
}

for (const [mode, request] of [
  ['redirect', 'http://172.30.0.50/'],
  ['http-proxy', '--proxy http://172.30.0.50:8080 http://203.0.113.25/'],
  ['dns-proxy', 'http://172.30.0.50/'],
] as const) {
  test(`demo --mode ${mode} --keep: leaves the network up for a shell in which each host is a command, and says which request works`, async () => {
    const { code, output } = await demo(
      ['--mode', mode, '--keep'],
      `router ip -br address show dev macvlan0\nclient curl --silent ${request}\n`,
    );
    assert.equal(code, 0, output);
    assert.match(output, new RegExp(`^ +client curl ${request} +a request through the router$`, 'm'));
    const played = output.slice(output.indexOf('ends it all'));
    assert.match(played, /^macvlan0\S*\s+UP\s+192\.168\.12\.99\/32/m);
    assert.match(played, /"source":"192\.168\.12\.99"/);
  });
}

test('demo: an unknown mode is exit code 2', async () => {
  assert.equal((await demo(['--mode', 'tunnel'])).code, 2);
});

test('Report: a promise that is not kept is counted, which makes the exit code 1', (t) => {
  t.mock.method(console, 'log', () => {});
  const report = new Report();
  report.promise('water is wet', true, 'it is');
  report.promise('the moon is a cheese', false, 'it is a stone');
  assert.equal(report.broken, 1);
});
