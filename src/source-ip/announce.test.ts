import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseIpAddress } from '../net/ip-address.ts';
import { announce } from './announce.ts';
import { scriptedEffects } from './scripted-effects.ts';

const parse = (text: string) => parseIpAddress(text) ?? assert.fail(text);
const ipv4 = { device: 'macvlan0', address: parse('192.168.12.99'), gateway: parse('192.168.12.1') };
const ipv6 = { device: 'macvlan0', address: parse('fd12::99'), gateway: parse('fe80::1') };

test('announce: IPv4 is announced in both forms, twice with 1.1 s between, then the gateway is asked', async () => {
  const effects = scriptedEffects();
  await announce(effects, ipv4);
  const round = ['arping -U -c 1 -I macvlan0 192.168.12.99', 'arping -A -c 1 -I macvlan0 192.168.12.99'];
  assert.deepEqual(effects.commands, [...round, ...round, 'arping -f -c 2 -w 2 -s 192.168.12.99 -I macvlan0 192.168.12.1']);
  assert.equal(effects.now(), 1100);
});

test('announce: IPv6 pings the gateway from the source IP, with the interface when the gateway is link-local', async () => {
  const effects = scriptedEffects();
  await announce(effects, ipv6);
  assert.deepEqual(effects.commands, ['ping -6 -c 1 -w 2 -I fd12::99 fe80::1%macvlan0']);
});

test('announce: a gateway that does not answer is a warning, not an error', async () => {
  const effects = scriptedEffects((line) => (line.startsWith('arping -f') ? { code: 1 } : undefined));
  await announce(effects, ipv4);
  assert.deepEqual(
    effects.lines.map(({ level, fields }) => ({ level, fields })),
    [{ level: 'warn', fields: { code: 'GATEWAY_UNREACHABLE', gateway: '192.168.12.1', address: '192.168.12.99' } }],
  );
});

test('announce: a program that is missing is an error', async () => {
  const effects = scriptedEffects(() => ({ code: 127, stderr: 'arping: spawn arping ENOENT' }));
  await assert.rejects(announce(effects, ipv4), { code: 'PROGRAM_MISSING' });
});
