import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { parseSettings } from '../config/parse-settings.ts';
import { hasBacklog, writeInBatch } from '../net/batched-writes.ts';
import { openPair } from '../net/socket-pair.fixture.ts';
import { ClientConnection } from './client-connection.ts';

// It had no deadline once its last answer was written, and such connections took all places in the end.
test('ClientConnection.closeLingering: a client that never reads its last answer is reset when nothing has moved for the time of an answer', {
  timeout: 60_000,
}, async (t) => {
  const { socket, peer } = await openPair(t);
  const { value: settings } = parseSettings({});
  assert.ok(settings);
  const unused = () => assert.fail('nothing was asked');
  const connection = new ClientConnection(
    socket,
    '127.0.0.1',
    { ...settings, idleTimeout: 1 },
    {
      serve: unused,
      onFailure: unused,
      onIdle: unused,
      closing: () => false,
    },
  );
  peer.pause();
  while (!hasBacklog(socket)) writeInBatch(socket, Buffer.alloc(100_000));
  const reset = once(peer, 'error');
  connection.closeLingering();
  await once(socket, 'close');
  peer.resume();
  assert.equal((await reset)[0].code, 'ECONNRESET');
});
