import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseIpAddress } from '../net/ip-address.ts';
import { announce } from './announce.ts';
import { scriptedEffects } from './scripted-effects.ts';

const parse = (text: string) => parseIpAddress(text) ?? assert.fail(text);
const ipv4 = { device: 'macvlan0', address: parse('192.168.12.99') };

test('announce: IPv4 is announced in both forms, twice with 1.1 s between', async () => {
  const effects = scriptedEffects();
  await announce(effects, ipv4);
  const round = ['arping -U -c 1 -I macvlan0 192.168.12.99', 'arping -A -c 1 -I macvlan0 192.168.12.99'];
  assert.deepEqual(effects.commands, [...round, ...round]);
  assert.equal(effects.now(), 1100);
});

test('announce: IPv6 has no program for it', async () => {
  const effects = scriptedEffects();
  await announce(effects, { device: 'macvlan0', address: parse('fd12::99') });
  assert.deepEqual(effects.commands, []);
});

test('announce: a program that is missing is an error', async () => {
  const effects = scriptedEffects(() => ({ code: 127, stderr: 'arping: spawn arping ENOENT' }));
  await assert.rejects(announce(effects, ipv4), { code: 'PROGRAM_MISSING' });
});
