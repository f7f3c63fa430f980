import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hasCapability } from './capabilities.ts';

const cases: readonly (readonly [string, boolean, boolean])[] = [
  ['CapPrm:\t000001ffffffffff\nCapEff:\t000001ffffffffff\n', true, true],
  ['CapPrm:\t0000000000003000\nCapEff:\t0000000000002000\n', false, true],
  ['CapEff:\t0000000000001000\n', true, false],
  ['CapEff:\t0000000000000000\n', false, false],
  ['Name:\tnode\n', false, false],
];

for (const [status, admin, raw] of cases) {
  test(`hasCapability: ${JSON.stringify(status)} has NET_ADMIN ${admin} and NET_RAW ${raw}`, () => {
    assert.equal(hasCapability(status, 'NET_ADMIN'), admin);
    assert.equal(hasCapability(status, 'NET_RAW'), raw);
  });
}
