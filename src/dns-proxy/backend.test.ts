import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type IpAddress, parseIpAddress } from '../net/ip-address.ts';
import { createBackend } from './backend.ts';
import type { Endpoint } from './endpoint.ts';

const addresses = (...texts: readonly string[]): readonly IpAddress[] => texts.flatMap((text) => parseIpAddress(text) ?? []);

function setUp() {
  const sick = new Set<string>();
  const events: string[] = [];
  const backend = createBackend({
    open: (address): Endpoint => ({
      address,
      port: 80,
      healthy: () => !sick.has(address.text),
      close: () => events.push(`closed ${address.text}`),
    }),
    onChange: (change, address, cause) => events.push(`${change} ${address.text}: ${cause}`),
  });
  const pick = (tried: readonly Endpoint[] = []) => backend.pick(new Set(tried));
  const picks = (count: number) => Array.from({ length: count }, () => pick()?.address.text);
  return { backend, sick, events, pick, picks };
}

test('setAddresses: opens what is new, closes what is gone, and leaves the rest as it is', () => {
  const { backend, events, pick } = setUp();
  backend.setAddresses(addresses('192.0.2.1', '2001:db8::1'), 'answer');
  backend.setAddresses(addresses('2001:db8::1', '192.0.2.2'), 'answer');
  assert.deepEqual(events, [
    'added 192.0.2.1: answer',
    'added 2001:db8::1: answer',
    'closed 192.0.2.1',
    'removed 192.0.2.1: answer',
    'added 192.0.2.2: answer',
  ]);
  events.length = 0;
  backend.setAddresses(addresses('192.0.2.2', '2001:db8::1'), 'answer');
  assert.deepEqual(events, []);
  backend.setAddresses([], 'no good answer');
  assert.equal(pick(), undefined);
});

test('pick: healthy endpoints take turns, evenly also while one of them is out', () => {
  const { backend, sick, picks } = setUp();
  backend.setAddresses(addresses('192.0.2.1', '192.0.2.2', '192.0.2.3'), 'answer');
  assert.deepEqual(Object.values(count(picks(30))), [10, 10, 10]);
  sick.add('192.0.2.2');
  assert.deepEqual(count(picks(30)), { '192.0.2.1': 15, '192.0.2.3': 15 });
});

test('pick: skips what was tried; undefined when nothing is left or all are out', () => {
  const { backend, sick, pick } = setUp();
  assert.equal(pick(), undefined);
  backend.setAddresses(addresses('192.0.2.1', '192.0.2.2'), 'answer');
  const first = pick();
  assert.ok(first);
  const second = pick([first]);
  assert.ok(second);
  assert.notEqual(first, second);
  assert.equal(pick([first, second]), undefined);
  sick.add('192.0.2.1').add('192.0.2.2');
  assert.equal(pick(), undefined);
});

function count(texts: readonly (string | undefined)[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const text of texts.toSorted()) counts[`${text}`] = (counts[`${text}`] ?? 0) + 1;
  return counts;
}
