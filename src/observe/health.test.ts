import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openHealth } from './health.ts';

test('openHealth: readyz and healthz each answer 503 with every reason of theirs until there is none', async (t) => {
  let reasons = ['macvlan0 is down', 'the process is draining'];
  let stalled = ['worker 2 of the HTTP proxy has not turned its event loop for 9 s'];
  const health = await openHealth(0, { notAlive: () => stalled, notReady: () => reasons });
  t.after(() => health.close());
  const ask = async (path: string) => {
    const response = await fetch(`http://127.0.0.1:${health.port}${path}`);
    return [response.status, await response.json()];
  };
  assert.deepEqual(await ask('/readyz'), [503, { ready: false, reasons }]);
  assert.deepEqual(await ask('/healthz'), [503, { alive: false, reasons: stalled }]);
  stalled = [];
  assert.deepEqual(await ask('/healthz'), [200, { alive: true, reasons: [] }]);
  reasons = [];
  assert.deepEqual(await ask('/readyz?verbose'), [200, { ready: true, reasons: [] }]);
  assert.deepEqual(await ask('/'), [404, { error: 'this port answers /healthz and /readyz' }]);
});

test('openHealth: a port that is taken is LISTEN_FAILED, with the variable that moves it in the remedy', async (t) => {
  const well = { notAlive: () => [], notReady: () => [] };
  const first = await openHealth(0, well);
  t.after(() => first.close());
  await assert.rejects(openHealth(first.port, well), { code: 'LISTEN_FAILED', remedy: /EGRESS_HEALTH_PORT/ });
});
