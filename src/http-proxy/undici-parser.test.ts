import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Socket } from 'node:net';
import { test } from 'node:test';
import { watchStatusLines } from './undici-parser.ts';

test('watchStatusLines: a socket that undici does not read from in the way we know is destroyed', async () => {
  const socket = new Socket();
  watchStatusLines(socket, () => assert.fail('there is nobody to tell of a status line'));
  const [error] = await once(socket, 'error');
  assert.match(error.message, /undici/);
});
