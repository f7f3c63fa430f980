import assert from 'node:assert/strict';
import { EventEmitter, on } from 'node:events';
import { describe, type TestContext, test } from 'node:test';
import { DnsError, type DnsFailure } from '../dns/dns-error.ts';
import type { Answer } from '../dns/resolver.ts';
import { type Family, parseIpAddress } from '../net/ip-address.ts';
import { startController } from './controller.ts';

/** What the nameservers say: addresses, families that fail, TTL in milliseconds; or the failure of both families. */
type Said = { addresses: readonly string[]; failed?: readonly Family[]; ttl?: number } | DnsFailure;

function setUp(t: TestContext, said: Said, hold = 300) {
  const state = { said, asked: [] as number[] };
  const events = new EventEmitter();
  const resolve = async (name: string): Promise<Answer> => {
    state.asked.push(performance.now());
    await Promise.resolve();
    if (typeof state.said === 'string') throw new DnsError(state.said, `cannot resolve ${name}`);
    return {
      addresses: state.said.addresses.flatMap((text) => parseIpAddress(text) ?? []),
      ttl: state.said.ttl ?? 1_000,
      failures: (state.said.failed ?? []).map((family) => ({ family, error: new DnsError('server-failed', 'SERVFAIL') })),
    };
  };
  const failures: (string | undefined)[] = [];
  const controller = startController('db.example', {
    resolver: { resolve },
    hold,
    onAddresses: (addresses, cause) => events.emit('addresses', addresses.map(({ text }) => text).join(' '), cause),
    onFailure: (failure) => failures.push(failure),
  });
  t.after(() => controller.close());
  const told = on(events, 'addresses');
  const next = async () => {
    const { value: [addresses, cause] = [] } = await told.next();
    return [addresses, cause];
  };
  return { state, controller, failures, next };
}

/** The upper bound has room for a machine that is busy with other suites. */
function within(milliseconds: number, least: number, most: number): void {
  assert.ok(milliseconds >= least && milliseconds <= most, `${milliseconds} ms, not ${least} to ${most}`);
}

// They wait for whole seconds, so they wait together.
describe('controller', { concurrency: true }, () => {
  test('startController: asks again when the TTL ends, and passes every answer on', async (t) => {
    const { state, next } = setUp(t, { addresses: ['192.0.2.1'] });
    assert.deepEqual(await next(), ['192.0.2.1', 'answer']);
    state.said = { addresses: ['192.0.2.2', '2001:db8::1'], ttl: 1_400 };
    assert.deepEqual(await next(), ['192.0.2.2 2001:db8::1', 'answer']);
    await next();
    const [first = 0, second = 0, third = 0] = state.asked;
    within(second - first, 980, 2_500);
    within(third - second, 1_380, 2_900);
  });

  test('startController: a name that does not resolve is asked for each second, and its failure reported once', async (t) => {
    const { state, controller, failures, next } = setUp(t, 'not-found');
    await controller.asked;
    state.said = { addresses: ['192.0.2.1'] };
    assert.deepEqual(await next(), ['192.0.2.1', 'answer']);
    assert.deepEqual(failures, ['not-found', undefined]);
    const [first = 0, second = 0] = state.asked;
    within(second - first, 980, 2_500);
  });

  test('startController: the last good answer is held after it stopped being given, then the addresses of both families are gone at once', async (t) => {
    const { state, failures, next } = setUp(t, { addresses: ['192.0.2.1', '2001:db8::1'] }, 2_500);
    await next();
    const [asked = 0] = state.asked;
    state.said = 'server-failed';
    // Both at once: a timer each ended them in either order, and told of the addresses in between.
    assert.deepEqual(await next(), ['', 'no good answer for 2500 ms: server-failed']);
    within(performance.now() - asked, 2_300, 4_000);
    assert.deepEqual(failures, ['server-failed']);
  });

  test('startController: hold counts from the last second of the TTL, so that one lost answer ends no long-lived one', async (t) => {
    const { state, next } = setUp(t, { addresses: ['192.0.2.1'], ttl: 1_800 }, 2_000);
    await next();
    // The answer came after its question, and this test may hear of it late.
    const [asked = 0] = state.asked;
    state.said = 'timeout';
    assert.equal((await next())[0], '');
    within(performance.now() - asked, 2_600, 4_300);
  });

  test('startController: without a hold, an answer is used until the first failure after its TTL', async (t) => {
    const { state, next } = setUp(t, { addresses: ['192.0.2.1'] }, 0);
    await next();
    assert.deepEqual(await next(), ['192.0.2.1', 'answer']);
    state.said = 'server-failed';
    assert.deepEqual(await next(), ['', 'no good answer for 0 ms: server-failed']);
  });

  test('startController: while one family fails, the other follows its answer and the failed one is held', async (t) => {
    const { state, failures, next } = setUp(t, { addresses: ['192.0.2.1', '2001:db8::1'] }, 1_800);
    await next();
    state.said = { addresses: ['192.0.2.2'], failed: ['ipv6'] };
    assert.equal((await next())[0], '192.0.2.2 2001:db8::1');
    assert.equal((await next())[0], '192.0.2.2');
    assert.deepEqual(failures, ['server-failed']);
  });

  test('startController: a family that the answer no longer has is gone at once', async (t) => {
    const { state, next } = setUp(t, { addresses: ['192.0.2.1', '2001:db8::1'] }, 30_000);
    await next();
    state.said = { addresses: ['192.0.2.1'] };
    assert.equal((await next())[0], '192.0.2.1');
  });

  test('close: nothing is asked or told afterwards, not even the answer that was under way', async (t) => {
    const { state, controller, failures, next } = setUp(t, { addresses: ['192.0.2.1'] });
    const told = next().then(() => assert.fail('told after close'));
    controller.close();
    await controller.asked;
    await Promise.race([told, new Promise((resolve) => setTimeout(resolve, 1_200))]);
    assert.deepEqual([state.asked.length, failures.length], [1, 0]);
  });
});
