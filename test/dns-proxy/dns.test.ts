import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { type Nameserver, startNameserver } from '../dns/nameserver.ts';
import { connectTo, reached, startEndpoint, startProxy, talk, until } from './loopback.ts';

/** Two endpoints on one port, and a proxy to the name `db`, whose zone has the given records. */
async function setUp(t: TestContext, records: readonly string[]) {
  const nameserver = await startNameserver();
  t.after(() => nameserver[Symbol.asyncDispose]());
  await nameserver.setRecords(records);
  const first = await startEndpoint(t, '127.0.0.11');
  await startEndpoint(t, '127.0.0.12', first.port);
  const started = performance.now();
  const proxy = await startProxy(t, nameserver, [`db ${first.port}`]);
  const [port] = proxy.ports;
  /** The endpoints that the next connections reach, in order of address. */
  const reachedNow = async () => [...new Set(await Promise.all(Array.from({ length: 4 }, () => reached(port))))].sort();
  return { nameserver, started, proxy, port, reachedNow };
}

const isRefused = (port: number | undefined) => () =>
  talk(port).then(
    () => false,
    (error: NodeJS.ErrnoException) => error.code === 'ECONNRESET',
  );

// They wait for whole seconds, so they wait together.
describe('DNS proxy and its nameserver', { concurrency: true }, () => {
  test('startDnsProxy: connections follow an answer that grows, changes and shrinks, each time within a second, and open ones stay', async (t) => {
    const { nameserver, port, reachedNow } = await setUp(t, ['db 1 A 127.0.0.11']);
    assert.deepEqual(await reachedNow(), ['127.0.0.11']);
    const old = connectTo(port).setEncoding('utf8');
    const oldText = { read: '' };
    old.on('data', (text: string) => {
      oldText.read += text;
    });
    await until(() => oldText.read === '127.0.0.11\n');
    for (const [records, expected] of [
      [['db 1 A 127.0.0.11', 'db 1 A 127.0.0.12'], '127.0.0.11 127.0.0.12'],
      [['db 1 A 127.0.0.12'], '127.0.0.12'],
      [['db 1 CNAME other', 'other 1 A 127.0.0.11'], '127.0.0.11'],
    ] as const) {
      await nameserver.setRecords(records);
      const elapsed = await until(async () => (await reachedNow()).join(' ') === expected);
      assert.ok(elapsed < 2_500, `${expected} after ${elapsed} ms`);
    }
    old.end('still here');
    await until(() => old.readableEnded);
    assert.equal(oldText.read, '127.0.0.11\nstill here');
  });

  test('startDnsProxy: a long TTL is respected: the nameserver is not asked again while it runs', async (t) => {
    const { nameserver, started, reachedNow } = await setUp(t, ['db 4 A 127.0.0.11']);
    assert.deepEqual(await reachedNow(), ['127.0.0.11']);
    await nameserver.setRecords(['db 4 A 127.0.0.12']);
    await until(async () => (await reachedNow()).join() === '127.0.0.12');
    const elapsed = performance.now() - started;
    assert.ok(elapsed > 3_950 && elapsed < 7_000, `${elapsed} ms`);
  });

  test('startDnsProxy: starts with a name that does not exist, and carries within a second of its coming', async (t) => {
    const { nameserver, proxy, port, reachedNow } = await setUp(t, []);
    await assert.rejects(talk(port), { code: 'ECONNRESET' });
    await proxy.line({ msg: 'name does not resolve', name: 'db.example.test', cause: 'not-found' });
    await proxy.line({ msg: 'connection', decision: 'none', reason: 'no-endpoint', dials: 0 });
    await nameserver.setRecords(['db 1 A 127.0.0.11']);
    const elapsed = await until(async () => (await reachedNow().catch(() => [])).join() === '127.0.0.11');
    assert.ok(elapsed < 2_500, `${elapsed} ms`);
    await proxy.line({ msg: 'name resolves', name: 'db.example.test' });
  });

  test('startDnsProxy: connections that come before the first answer wait for it', async (t) => {
    const nameserver = await startNameserver();
    t.after(() => nameserver[Symbol.asyncDispose]());
    const endpoint = await startEndpoint(t, '127.0.0.11');
    await nameserver.setRecords(['db 1 A 127.0.0.11']);
    await nameserver.suspend();
    const proxy = await startProxy(t, nameserver, [`db ${endpoint.port}`], { variables: { EGRESS_DNS_TIMEOUT: '5s' } });
    const early = reached(proxy.ports[0]);
    nameserver.resume();
    assert.equal(await early, '127.0.0.11');
  });

  const outages: readonly [
    cause: string,
    begin: (nameserver: Nameserver) => Promise<void> | void,
    end: (nameserver: Nameserver) => Promise<void> | void,
  ][] = [
    ['not-found', (nameserver) => nameserver.setRecords([]), (nameserver) => nameserver.setRecords(['db 1 A 127.0.0.11'])],
    ['no-data', (nameserver) => nameserver.setRecords(['db 1 TXT gone']), (nameserver) => nameserver.setRecords(['db 1 A 127.0.0.11'])],
    ['server-failed', (nameserver) => nameserver.setFailing(['db']), (nameserver) => nameserver.setFailing([])],
    ['unreachable', (nameserver) => nameserver.stop(), (nameserver) => nameserver.start()],
    ['timeout', (nameserver) => nameserver.suspend(), (nameserver) => nameserver.resume()],
  ];
  for (const [cause, begin, end] of outages) {
    test(`startDnsProxy: ${cause}: the last good answer is used for the hold, open connections for longer, and recovery takes a second`, async (t) => {
      const { nameserver, proxy, port, reachedNow } = await setUp(t, ['db 1 A 127.0.0.11']);
      assert.deepEqual(await reachedNow(), ['127.0.0.11']);
      const open = connectTo(port);
      const begun = Date.now();
      await begin(nameserver);
      await proxy.line({ msg: 'name does not resolve', cause });
      assert.deepEqual(await reachedNow(), ['127.0.0.11']);
      await until(isRefused(port));
      const removed = await proxy.line({ msg: 'endpoint', change: 'removed', cause: `no good answer for 4000 ms: ${cause}` });
      // The last good answer was at most a second before.
      const out = Number(removed.time) - begun;
      assert.ok(out > 2_500 && out < 6_000, `out after ${out} ms`);
      await end(nameserver);
      const back = await until(async () => (await reachedNow().catch(() => [])).join() === '127.0.0.11');
      assert.ok(back < 2_500, `back after ${back} ms`);
      open.end('still here');
      let text = '';
      for await (const chunk of open.setEncoding('utf8')) text += chunk;
      assert.equal(text, '127.0.0.11\nstill here');
      assert.equal(proxy.lines.filter(({ msg }) => msg === 'name does not resolve').length, 1);
    });
  }
});
