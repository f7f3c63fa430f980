import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { type Nameserver, startNameserver } from '../dns/nameserver.ts';
import { reached, startEndpoint, startProxy, talk, until } from './loopback.ts';

// What HAProxy did with the original's configuration, in its own times: the defaults. Everything waits at the same time.
const defaults = { EGRESS_DNS_PROXY_CHECK_INTERVAL: '', EGRESS_DNS_PROXY_HOLD: '', EGRESS_DNS_TIMEOUT: '' };

async function setUp(t: TestContext, address: string) {
  const nameserver = await startNameserver();
  t.after(() => nameserver[Symbol.asyncDispose]());
  const endpoint = await startEndpoint(t, address);
  await nameserver.setRecords([`db 1 A ${address}`]);
  const proxy = await startProxy(t, nameserver, [`db ${endpoint.port}`], { variables: defaults });
  const [port] = proxy.ports;
  assert.equal(await reached(port), address);
  const isCarried = () =>
    reached(port).then(
      (text) => text === address,
      () => false,
    );
  return { nameserver, endpoint, proxy, port, isCarried };
}

function within(milliseconds: number, [least, most]: readonly [number, number], what: string): void {
  assert.ok(milliseconds >= least && milliseconds <= most, `${what}: ${Math.round(milliseconds)} ms, not ${least} to ${most}`);
}

describe('DNS proxy with default times', { concurrency: true }, () => {
  const outages: readonly [string, string, (nameserver: Nameserver) => Promise<void>, (nameserver: Nameserver) => Promise<void>][] = [
    ['NXDOMAIN', '127.0.0.31', (nameserver) => nameserver.setRecords([]), (nameserver) => nameserver.setRecords(['db 1 A 127.0.0.31'])],
    ['SERVFAIL', '127.0.0.32', (nameserver) => nameserver.setFailing(['db']), (nameserver) => nameserver.setFailing([])],
    [
      'a nameserver that is silent',
      '127.0.0.33',
      (nameserver) => nameserver.suspend(),
      async (nameserver) => {
        // What it was asked meanwhile is lost, as with a process that is started anew.
        await nameserver.stop();
        await nameserver.start();
      },
    ],
  ];
  for (const [outage, address, begin, end] of outages) {
    test(`startDnsProxy: ${outage} takes an endpoint out 30 s after the last good answer, and recovery takes a second`, async (t) => {
      const { nameserver, isCarried } = await setUp(t, address);
      await begin(nameserver);
      within(await until(async () => !(await isCarried()), 40_000), [28_000, 33_000], 'out');
      await end(nameserver);
      within(await until(isCarried), [0, 2_000], 'back');
    });
  }

  test('startDnsProxy: three failed checks, one each 2 s, take an endpoint out; two good ones bring it back', async (t) => {
    const { endpoint, proxy, port } = await setUp(t, '127.0.0.34');
    // The first check was at once; the second shows that the endpoint is proven and when the next are.
    await until(() => endpoint.checks >= 2);
    await endpoint.stop();
    const place = `127.0.0.34:${endpoint.port}`;
    const stopped = performance.now();
    await proxy.line({ msg: 'endpoint', change: 'down', endpoint: place, cause: 'refused' });
    within(performance.now() - stopped, [3_900, 9_000], 'down');
    await assert.rejects(talk(port), { code: 'ECONNRESET' });
    await startEndpoint(t, '127.0.0.34', endpoint.port);
    const started = performance.now();
    await proxy.line({ msg: 'endpoint', change: 'up', endpoint: place, cause: 'connected' });
    within(performance.now() - started, [2_000, 5_000], 'up');
    assert.equal(await reached(port), '127.0.0.34');
  });

  test('startDnsProxy: an address change reaches new connections within a second', async (t) => {
    const { nameserver, endpoint, port } = await setUp(t, '127.0.0.35');
    await startEndpoint(t, '127.0.0.36', endpoint.port);
    await nameserver.setRecords(['db 1 A 127.0.0.36']);
    within(await until(async () => (await reached(port)) === '127.0.0.36'), [0, 2_000], 'changed');
  });

  test('startDnsProxy: a client of an endpoint that refuses is held for three further dials, a second apart', async (t) => {
    const { endpoint, proxy, port } = await setUp(t, '127.0.0.37');
    // A check has just passed: the next two seconds go without.
    await until(() => endpoint.checks >= 2);
    await endpoint.stop();
    const stopped = performance.now();
    await assert.rejects(talk(port), { code: 'ECONNRESET' });
    within(performance.now() - stopped, [3_000, 4_000], 'given up');
    await proxy.line({ msg: 'connection', decision: 'none', dials: 4, reason: 'refused' });
  });
});
