import assert from 'node:assert/strict';
import { Socket } from 'node:net';
import { test } from 'node:test';
import { type Dial, DialError } from '../net/dial.ts';
import { parseIpAddress } from '../net/ip-address.ts';
import type { AllowedAddress } from './decide.ts';
import { createDialAllowed } from './dial-allowed.ts';

const rule = { variable: 'LIST', line: 1, text: '*', action: 'allow', pattern: { kind: 'any' } } as const;
function allowed(text: string): AllowedAddress {
  const address = parseIpAddress(text);
  assert.ok(address);
  return { outcome: 'allow', address, rule };
}
const signal = new AbortController().signal;

test('createDialAllowed: goes on to the next address where one refuses or is unreachable, and shares the time out', async () => {
  const tried: string[] = [];
  const dial: Dial = async (address, _port, { timeout }) => {
    tried.push(`${address.text} ${Math.round(timeout / 10_000)}`);
    if (tried.length < 3) throw new DialError(tried.length === 1 ? 'refused' : 'unreachable', 'no');
    return new Socket();
  };
  const dialAllowed = createDialAllowed(dial, 900_000);
  const dialled = await dialAllowed([allowed('192.0.2.1'), allowed('2001:db8::1'), allowed('192.0.2.3')], 80, signal);
  assert.equal(dialled.allowed.address.text, '192.0.2.3');
  assert.deepEqual(tried, ['192.0.2.1 30', '2001:db8::1 45', '192.0.2.3 90']);
});

test('createDialAllowed: fails with the error of the last address, and at once when it was aborted', async () => {
  const failing = (...kinds: DialError['kind'][]) =>
    createDialAllowed(async () => {
      throw new DialError(kinds.shift() ?? 'exhausted', 'no');
    }, 900);
  const two: [AllowedAddress, AllowedAddress] = [allowed('192.0.2.1'), allowed('192.0.2.2')];
  await assert.rejects(failing('refused', 'timeout')(two, 80, signal), { kind: 'timeout' });
  await assert.rejects(failing('aborted', 'timeout')(two, 80, signal), { kind: 'aborted' });
});
