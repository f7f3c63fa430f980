import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SharedTally } from '../net/shared-tally.ts';
import { Authenticator } from './authenticator.ts';
import { ClientLimit } from './client-limit.ts';

const users = [
  { name: 'alice', passwordHash: 'hash of one', line: 1 },
  { name: 'bob', passwordHash: 'hash of two', line: 2 },
];
const basic = (text: string) => [`Basic ${Buffer.from(text).toString('base64')}`];

/** An authenticator whose hashes say what they are of; `asked` are the checks that it made, which wait for `gate`. */
function open(gate: Promise<void> = Promise.resolve()) {
  const asked: string[] = [];
  const authenticator = new Authenticator({
    users,
    check: async (password, hash) => {
      asked.push(`${password} / ${hash}`);
      await gate;
      if (password === 'broken') throw new Error('the worker ended');
      return hash === `hash of ${password}`;
    },
    checks: new ClientLimit(2, 'passwords to check', new SharedTally(SharedTally.allocate(4))),
  });
  return { asked, authenticate: (text: string) => authenticator.authenticate('10.0.0.1', basic(text)), authenticator };
}

const wrong = { kind: 'unauthenticated', message: 'the user or the password is wrong' };

test('Authenticator: the right password of a user tells the user; a wrong one, and a user who does not exist, are told the same', async () => {
  const { authenticate } = open();
  assert.equal(await authenticate('alice:one'), 'alice');
  assert.equal(await authenticate('bob:two'), 'bob');
  for (const text of ['alice:two', 'alice:', 'Alice:one', 'carol:one', 'carol:two', ':', '__proto__:one'])
    await assert.rejects(authenticate(text), wrong);
});

test('Authenticator: no field, two fields and other schemes are asked for user and password', async () => {
  const { authenticator, asked } = open();
  const ask = (fields: readonly string[]) => authenticator.authenticate('10.0.0.1', fields);
  await assert.rejects(ask([]), { kind: 'unauthenticated', message: 'the proxy asks for a user and a password' });
  for (const fields of [[...basic('alice:one'), ...basic('alice:one')], ['Bearer x'], ['']]) {
    await assert.rejects(ask(fields), { kind: 'unauthenticated' });
  }
  assert.deepEqual(asked, []);
});

test('Authenticator: for a user who does not exist one password is checked all the same, of the same user for the same name', async () => {
  const { authenticate, asked } = open();
  await assert.rejects(authenticate('carol:x'), wrong);
  await assert.rejects(authenticate('carol:y'), wrong);
  assert.equal(asked.length, 2);
  assert.equal(asked[0]?.replace('x /', ''), asked[1]?.replace('y /', ''));
});

test('Authenticator: a verdict is kept, good or bad, and asked for once when it is wanted twice at a time', async () => {
  const { authenticate, asked } = open();
  await Promise.all([authenticate('alice:one'), authenticate('alice:one')]);
  await authenticate('alice:one');
  await assert.rejects(authenticate('alice:x'), wrong);
  await assert.rejects(authenticate('alice:x'), wrong);
  assert.deepEqual(asked, ['one / hash of one', 'x / hash of one']);
});

test('Authenticator: with other users nothing of before counts', async () => {
  const { authenticate, authenticator } = open();
  await authenticate('alice:one');
  await assert.rejects(authenticate('carol:two'), wrong);
  authenticator.replaceUsers([
    { name: 'alice', passwordHash: 'hash of new', line: 1 },
    { name: 'carol', passwordHash: 'hash of two', line: 2 },
  ]);
  await assert.rejects(authenticate('alice:one'), wrong);
  assert.equal(await authenticate('alice:new'), 'alice');
  assert.equal(await authenticate('carol:two'), 'carol');
});

test('Authenticator: a check that fails is an error of the router, and made again the next time', async () => {
  const { authenticate, asked } = open();
  await assert.rejects(authenticate('alice:broken'), { message: 'the worker ended' });
  await assert.rejects(authenticate('alice:broken'), { message: 'the worker ended' });
  assert.equal(asked.length, 2);
});

test('Authenticator: a client that guesses gets no further checks while as many as it may have are waiting', async () => {
  const gate = Promise.withResolvers<void>();
  const { authenticate, authenticator } = open(gate.promise);
  const guesses = [authenticate('alice:1'), authenticate('alice:2')];
  await assert.rejects(authenticate('alice:3'), { kind: 'client-limit' });
  const other = authenticator.authenticate('10.0.0.2', basic('alice:one'));
  gate.resolve();
  for (const guess of guesses) await assert.rejects(guess, wrong);
  assert.equal(await other, 'alice');
  await assert.rejects(authenticate('alice:3'), wrong);
});

// A flood of guesses, each answered with 429, made every request of the others a check again.
test('Authenticator: guesses beyond the limit of a client push out no verdict', async () => {
  const never = Promise.withResolvers<boolean>();
  let asked = 0;
  const authenticator = new Authenticator({
    users,
    check: async (password) => {
      asked++;
      return password.startsWith('slow') ? never.promise : password === 'one';
    },
    checks: new ClientLimit(2, 'passwords to check', new SharedTally(SharedTally.allocate(4))),
  });
  const authenticate = (text: string) => authenticator.authenticate('10.0.0.1', basic(text));
  for (let number = 1; number < 10_000; number++) await assert.rejects(authenticate(`alice:${number}`), wrong);
  await authenticate('alice:one');
  for (const number of [1, 2]) authenticate(`alice:slow ${number}`).catch(() => {});
  const before = asked;
  const guesses = Array.from({ length: 10_000 }, (_, number) => authenticate(`alice:guess ${number}`));
  await Promise.all(guesses.map((guess) => assert.rejects(guess, { kind: 'client-limit' })));
  assert.equal(await authenticate('alice:one'), 'alice');
  assert.equal(asked, before);
});
