import assert from 'node:assert/strict';
import { Socket } from 'node:net';
import { test } from 'node:test';
import { type Dial, DialError, type DialFailure } from '../net/dial.ts';
import { fromOctets } from '../net/ip-address.ts';
import { createBackend } from './backend.ts';
import { reach } from './reach.ts';

/** A backend whose endpoint 192.0.2.N answers as the N-th outcome says: each dial takes its next word, the last one stays. */
function setUp(...outcomes: readonly (readonly ('connects' | DialFailure)[])[]) {
  const dialled: number[] = [];
  const out = new Set<number>();
  const dial: Dial = async ({ octets }) => {
    const host = octets.at(-1) ?? 0;
    const words = outcomes[host - 1] ?? [];
    const outcome = words[Math.min(dialled.filter((other) => other === host).length, words.length - 1)] ?? 'refused';
    dialled.push(host);
    if (outcome === 'connects') return new Socket();
    throw new DialError(outcome, outcome);
  };
  const backend = createBackend({
    open: (address) => ({ address, port: 80, healthy: () => !out.has(address.octets.at(-1) ?? 0), close: () => {} }),
    onChange: () => {},
  });
  backend.setAddresses(
    outcomes.map((_, index) => fromOctets([192, 0, 2, index + 1])),
    'test',
  );
  // The turn starts at the second endpoint; a pick of nothing brings it to the first.
  backend.pick(new Set());
  const options = { dial, connectTimeout: 50, retries: 3, signal: new AbortController().signal };
  return { backend, options, dialled, out };
}

const summary = async (pending: ReturnType<typeof reach>) => {
  const { upstream, dials, reason } = await pending;
  return { connected: upstream !== undefined, dials, reason };
};

test('reach: when an endpoint fails, the next one is dialled at once', async () => {
  const { backend, options, dialled } = setUp(['refused'], ['timeout'], ['unreachable'], ['connects']);
  const started = performance.now();
  const pending = summary(reach(backend, { ...options, connectTimeout: 60_000 }));
  assert.deepEqual(await pending, { connected: true, dials: dialled.length, reason: undefined });
  assert.equal(new Set(dialled).size, dialled.length);
  assert.ok(performance.now() - started < 900, 'no pause');
});

test('reach: a single endpoint that fails is dialled again after a pause, as often as there are retries', async () => {
  const recovering = setUp(['refused', 'refused', 'connects']);
  const started = performance.now();
  assert.deepEqual(await summary(reach(recovering.backend, recovering.options)), { connected: true, dials: 3, reason: undefined });
  assert.ok(performance.now() - started >= 95, 'two pauses');
  const dead = setUp(['refused']);
  assert.deepEqual(await summary(reach(dead.backend, dead.options)), { connected: false, dials: 4, reason: 'refused' });
  const once = setUp(['timeout']);
  assert.deepEqual(await summary(reach(once.backend, { ...once.options, retries: 0 })), { connected: false, dials: 1, reason: 'timeout' });
});

test('reach: without a healthy endpoint it fails at once and dials nobody', async () => {
  const { backend, options, dialled, out } = setUp(['connects'], ['connects']);
  out.add(1).add(2);
  assert.deepEqual(await summary(reach(backend, options)), { connected: false, dials: 0, reason: 'no-endpoint' });
  assert.deepEqual(dialled, []);
});

test('reach: an endpoint that checks take out meanwhile is not dialled again', async () => {
  const { backend, options, out } = setUp(['refused']);
  const pending = reach(backend, options);
  out.add(1);
  assert.deepEqual(await summary(pending), { connected: false, dials: 1, reason: 'refused' });
});

test('reach: a client that goes away ends the dial or the pause that is under way', async () => {
  const { backend, options } = setUp(['refused']);
  const gone = new AbortController();
  const pending = summary(reach(backend, { ...options, connectTimeout: 60_000, signal: gone.signal }));
  setImmediate(() => gone.abort());
  assert.deepEqual(await pending, { connected: false, dials: 1, reason: 'aborted' });
});
