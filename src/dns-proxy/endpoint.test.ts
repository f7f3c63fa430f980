import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import { createServer, type Server } from 'node:net';
import { type TestContext, test } from 'node:test';
import { type Dial, DialError, dial } from '../net/dial.ts';
import { fromOctets } from '../net/ip-address.ts';
import { openEndpoint } from './endpoint.ts';

const loopback = fromOctets([127, 0, 0, 1]);

async function listen(server: Server, port: number): Promise<number> {
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  assert.ok(address !== null && typeof address === 'object');
  return address.port;
}

function check(t: TestContext, port: number, dialer: Dial = dial) {
  const events = new EventEmitter();
  const options = { interval: 1_000, fall: 3, rise: 2, dial: dialer };
  const endpoint = openEndpoint(loopback, port, {
    ...options,
    onChange: (healthy, cause) => events.emit('change', healthy ? 'up' : 'down', cause),
  });
  t.after(() => endpoint.close());
  return { endpoint, events };
}

test('openEndpoint: follows a server that goes and comes back, with what the last check met', async (t) => {
  const server = createServer((socket) => socket.on('error', () => {}).resume());
  t.after(() => server.close());
  const port = await listen(server, 0);
  const { endpoint, events } = check(t, port);
  assert.equal(endpoint.healthy(), true);
  await once(server, 'connection');
  await once(server, 'connection');
  server.close();
  const left = performance.now();
  assert.deepEqual(await once(events, 'change'), ['down', 'refused']);
  const out = performance.now() - left;
  assert.ok(out > 1_000, `${out} ms for three checks`);
  assert.equal(endpoint.healthy(), false);
  await listen(server, port);
  const back = performance.now();
  assert.deepEqual(await once(events, 'change'), ['up', 'connected']);
  const elapsed = performance.now() - back;
  assert.ok(elapsed > 500, `${elapsed} ms for two checks`);
  endpoint.close();
});

test('openEndpoint: no check leaves a connection open', async (t) => {
  const closed = Promise.withResolvers<void>();
  const server = createServer({ allowHalfOpen: true }, (socket) =>
    socket
      .on('error', () => {})
      .resume()
      .once('close', closed.resolve),
  );
  t.after(() => server.close());
  const { endpoint } = check(t, await listen(server, 0));
  // A check that a busy machine let time out ends with a FIN; the next one tells.
  await closed.promise;
  endpoint.close();
});

test('openEndpoint: a check that is not answered within the interval has failed', async (t) => {
  const timeouts: number[] = [];
  const silent: Dial = (_address, _port, { timeout }) => {
    timeouts.push(timeout);
    return new Promise((_, reject) => setTimeout(() => reject(new DialError('timeout', 'no answer')), timeout));
  };
  const { events } = check(t, 9, silent);
  assert.deepEqual(await once(events, 'change'), ['down', 'timeout']);
  assert.deepEqual(timeouts, [1_000]);
});

test('openEndpoint: that this machine has no descriptor left is no fault of the endpoint', async (t) => {
  let dials = 0;
  const enough = Promise.withResolvers<void>();
  const exhausted: Dial = async () => {
    dials += 1;
    if (dials === 4) enough.resolve();
    throw new DialError('exhausted', 'EMFILE');
  };
  const { endpoint } = check(t, 9, exhausted);
  await enough.promise;
  assert.equal(endpoint.healthy(), true);
});

test('close: ends a check that is under way, and tells nothing of it', async (t) => {
  const aborted = Promise.withResolvers<void>();
  const silent: Dial = (_address, _port, { signal }) =>
    new Promise((_, reject) => {
      signal?.addEventListener('abort', () => {
        aborted.resolve();
        reject(new DialError('aborted', 'aborted'));
      });
    });
  const { endpoint, events } = check(t, 9, silent);
  events.on('change', () => assert.fail('told after close'));
  endpoint.close();
  await aborted.promise;
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(endpoint.healthy(), true);
});
