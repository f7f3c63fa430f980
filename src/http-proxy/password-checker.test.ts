import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';
import bcrypt from 'bcryptjs';
import { PasswordChecker } from './password-checker.ts';

const program = new URL('../../test/http-proxy/programs/password-worker.ts', import.meta.url);

test('PasswordChecker: tells which password was hashed, in a thread, while this one goes on', async (t) => {
  const checker = new PasswordChecker(() => new Worker(program));
  t.after(() => checker.close());
  const hash = bcrypt.hashSync('pass wörd', 4);
  const slow = bcrypt.hashSync('x', 10);
  assert.equal(await checker.check('pass wörd', hash), true);
  assert.equal(await checker.check('pass wörd', hash.replace('$2b$', '$2y$')), true);
  assert.equal(await checker.check('pass word', hash), false);
  let turns = 0;
  const timer = setInterval(() => {
    turns += 1;
  }, 1);
  await checker.check('y', slow);
  clearInterval(timer);
  assert.ok(turns > 3, `${turns} turns of the event loop during one check`);
});

test('PasswordChecker: a thread that ends rejects what it had not answered, and the next question starts another', async (t) => {
  let started = 0;
  const checker = new PasswordChecker(() => {
    started += 1;
    return started === 1 ? new Worker('throw new Error("no thread here")', { eval: true }) : new Worker(program);
  });
  t.after(() => checker.close());
  const hash = bcrypt.hashSync('x', 4);
  await assert.rejects(checker.check('x', hash), /no thread here/);
  assert.equal(await checker.check('x', hash), true);
  await checker.close();
  const closed = checker.check('x', hash);
  const rejected = assert.rejects(closed, /ended/);
  await checker.close();
  await rejected;
});
