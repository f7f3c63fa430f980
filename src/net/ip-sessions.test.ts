import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { IpSessions } from './ip-sessions.ts';

const children = () => execFileSync('ps', ['--no-headers', '-o', 'pid,args', '--ppid', String(process.pid)], { encoding: 'utf8' });
const programs = () => children().match(/ip .*-batch -/g) ?? [];

test('IpSessions: answers as ip does, by one program for each set of options, whatever is asked at the same time', async (t) => {
  const sessions = new IpSessions();
  t.after(() => sessions.close());
  const questions = [
    ['-j', 'address', 'show'],
    ['-4', '-N', '-j', 'rule', 'list'],
    ['-4', '-N', '-j', 'route', 'show', 'table', 'all'],
    ['-j', 'address', 'show', 'dev', 'lo'],
  ];
  for (let round = 0; round < 3; round += 1) {
    const results = await Promise.all(questions.map((words) => sessions.run('ip', words)));
    for (const [index, words] of questions.entries()) {
      const direct = JSON.parse(execFileSync('ip', words, { encoding: 'utf8' }));
      const { code, stdout } = results[index] ?? assert.fail();
      assert.deepEqual([code, JSON.parse(stdout)], [0, direct], words.join(' '));
    }
  }
  assert.deepEqual(programs(), ['ip -j -batch -', 'ip -4 -N -j -batch -']);
});

test('IpSessions: a command that fails says why, and the next one is answered', async (t) => {
  const sessions = new IpSessions();
  t.after(() => sessions.close());
  const failed = await sessions.run('ip', ['-j', 'nonsense']);
  assert.equal(failed.code, 1);
  assert.match(failed.stderr, /Object "nonsense" is unknown/);
  assert.equal((await sessions.run('ip', ['-j', 'address', 'show'])).code, 0);
});

test('IpSessions: a program that cannot be started, and one that does not answer, are failures', async () => {
  assert.equal((await new IpSessions('/nowhere/ip').run('ip', ['-j', 'address', 'show'])).code, 127);
  const silent = new IpSessions('./src/net/silent-program.fixture.sh', 200);
  assert.equal((await silent.run('ip', ['-j', 'address', 'show'])).code, 128);
});

// A look at the network that was under way when the router ended started another, and the router never ended.
test('close: no program is left, and none is started afterwards', async () => {
  const sessions = new IpSessions();
  await sessions.run('ip', ['-j', 'address', 'show']);
  sessions.close();
  assert.equal((await sessions.run('ip', ['-j', 'address', 'show'])).code, 128);
  while (programs().length > 0) await new Promise((resolve) => setTimeout(resolve, 10));
});
