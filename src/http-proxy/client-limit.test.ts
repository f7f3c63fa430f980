import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SharedTally } from '../net/shared-tally.ts';
import { ClientLimit } from './client-limit.ts';

test('ClientLimit.take: each client gets as many as it may have at once, whatever others have', () => {
  const limit = new ClientLimit(2, 'tunnels', new SharedTally(SharedTally.allocate(4)), 'LIMIT');
  limit.take('10.0.0.1');
  limit.take('10.0.0.1');
  assert.throws(() => limit.take('10.0.0.1'), {
    kind: 'client-limit',
    message: 'the client has as many tunnels as LIMIT allows at once: 2',
  });
  limit.take('10.0.0.2');
  limit.release('10.0.0.1');
  limit.take('10.0.0.1');
  assert.throws(() => limit.take('10.0.0.1'));
});

test('ClientLimit.take: without a variable that says how many, none is named', () => {
  const limit = new ClientLimit(1, 'passwords to check', new SharedTally(SharedTally.allocate(4)));
  limit.take('10.0.0.1');
  assert.throws(() => limit.take('10.0.0.1'), { message: 'the client has as many passwords to check as it may at once: 1' });
});
