import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseIpAddress } from '../net/ip-address.ts';
import { RouterError } from '../router-error.ts';
import { probeGateway, reachGateway } from './gateway.ts';
import { scriptedEffects } from './scripted-effects.ts';

const parse = (text: string) => parseIpAddress(text) ?? assert.fail(text);
const ipv4 = { device: 'macvlan0', address: parse('192.168.12.99'), gateway: parse('192.168.12.1') };
const ipv6 = { device: 'macvlan0', address: parse('fd12::99'), gateway: parse('fe80::1') };
const arping = 'arping -f -c 2 -w 2 -s 192.168.12.99 -I macvlan0 192.168.12.1';
const ping = 'ping -6 -c 1 -w 2 -I fd12::99 fe80::1%macvlan0';
const neighbours = 'ip -j -6 neighbour show fe80::1 dev macvlan0';

test('reachGateway: one that answers is asked once, from the source IP', async () => {
  const effects = scriptedEffects();
  await reachGateway(effects, ipv4);
  await reachGateway(effects, ipv6);
  assert.deepEqual(effects.commands, [arping, ping]);
  assert.deepEqual(effects.lines, []);
});

test('reachGateway: one that answers later is waited for, with one warning', async () => {
  let silent = 3;
  const effects = scriptedEffects(() => (silent-- > 0 ? { code: 1 } : undefined));
  await reachGateway(effects, ipv4);
  assert.deepEqual(effects.commands, [arping, arping, arping, arping]);
  assert.deepEqual(
    effects.lines.map(({ level, fields }) => ({ level, fields })),
    [{ level: 'warn', fields: { code: 'GATEWAY_UNREACHABLE', gateway: '192.168.12.1', address: '192.168.12.99' } }],
  );
});

test('reachGateway: one that never answers is an error after ten seconds, with what to check', async () => {
  const effects = scriptedEffects(() => ({ code: 1 }));
  await assert.rejects(reachGateway(effects, ipv4), (error: unknown) => {
    assert.ok(error instanceof RouterError);
    assert.equal(error.code, 'GATEWAY_UNREACHABLE');
    assert.equal(error.message, 'the gateway 192.168.12.1 does not answer 192.168.12.99 on macvlan0, asked for 10 s');
    assert.match(error.remedy, /EGRESS_GATEWAY/);
    return true;
  });
  assert.equal(effects.now(), 10_000);
});

test('probeGateway: an IPv6 gateway that answers no ping is there when the kernel knows its MAC address, and else is not', async () => {
  const known = scriptedEffects((line) =>
    line === ping ? { code: 1 } : '[{"dst":"fe80::1","lladdr":"02:00:00:00:00:01","state":["REACHABLE"]}]',
  );
  assert.equal(await probeGateway(known, ipv6), true);
  assert.deepEqual(known.commands, [ping, neighbours]);
  const unknown = scriptedEffects((line) => (line === ping ? { code: 1 } : '[{"dst":"fe80::1","state":["FAILED"]}]'));
  assert.equal(await probeGateway(unknown, ipv6), false);
});

test('probeGateway: a question that cannot be asked is an error', async () => {
  const effects = scriptedEffects(() => ({ code: 2, stderr: 'arping: socket: Operation not permitted' }));
  await assert.rejects(probeGateway(effects, ipv4), { code: 'PERMISSION_DENIED' });
});
