import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ClientLimit } from './client-limit.ts';

test('ClientLimit.take: each client gets as many as it may have at once, whatever others have', () => {
  const limit = new ClientLimit(2);
  const first = limit.take('10.0.0.1');
  assert.ok(first && limit.take('10.0.0.1'));
  assert.equal(limit.take('10.0.0.1'), undefined);
  assert.ok(limit.take('10.0.0.2'));
  first[Symbol.dispose]();
  assert.ok(limit.take('10.0.0.1'));
  assert.equal(limit.take('10.0.0.1'), undefined);
});
