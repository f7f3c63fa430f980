import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type IpAddress, parseIpAddress } from '../net/ip-address.ts';
import { createCache } from './cache.ts';
import { DnsError } from './dns-error.ts';

const address = (text: string): IpAddress => {
  const parsed = parseIpAddress(text);
  assert.ok(parsed);
  return parsed;
};

function setUp(maxNames = 10) {
  const state = { now: 0, asked: [] as string[], failing: false };
  const resolve = async (name: string) => {
    state.asked.push(name);
    await Promise.resolve();
    if (state.failing) throw new DnsError('server-failed', `cannot resolve ${name}`);
    return { addresses: [address(`192.0.2.${state.asked.length}`)], ttl: 1_000, failures: [] };
  };
  return { state, cache: createCache({ resolve }, { maxNames, clock: () => state.now }) };
}

test('resolve: an answer is kept for its TTL and not a millisecond longer', async () => {
  const { state, cache } = setUp();
  const first = await cache.resolve('a.example');
  state.now = 999;
  assert.equal(await cache.resolve('a.example'), first);
  state.now = 1_000;
  assert.notEqual(await cache.resolve('a.example'), first);
  assert.equal(state.asked.length, 2);
});

test('resolve: callers that come while a look-up is under way share it, and each other name has its own', async () => {
  const { state, cache } = setUp();
  const [one, two, other] = await Promise.all(['a.example', 'a.example', 'b.example'].map((name) => cache.resolve(name)));
  assert.equal(one, two);
  assert.notEqual(one, other);
  assert.deepEqual(state.asked, ['a.example', 'b.example']);
});

test('resolve: a failure reaches every caller that shares it and is not kept', async () => {
  const { state, cache } = setUp();
  state.failing = true;
  const outcomes = await Promise.allSettled([cache.resolve('a.example'), cache.resolve('a.example')]);
  assert.deepEqual(
    outcomes.map(({ status }) => status),
    ['rejected', 'rejected'],
  );
  state.failing = false;
  await cache.resolve('a.example');
  assert.deepEqual(state.asked, ['a.example', 'a.example']);
});

test('resolve: when the cache is full, the name that was asked for longest ago goes', async () => {
  const { state, cache } = setUp(2);
  for (const name of ['a', 'b', 'a', 'c', 'a', 'b']) await cache.resolve(name);
  assert.deepEqual(state.asked, ['a', 'b', 'c', 'b']);
});
