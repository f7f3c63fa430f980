import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseIpAddress } from '../net/ip-address.ts';
import { RouterError } from '../router-error.ts';
import { checkDuplicate } from './duplicate-check.ts';
import { scriptedEffects } from './scripted-effects.ts';

const address = parseIpAddress('192.168.12.99') ?? assert.fail();
const step = { step: 'duplicate-check', device: 'macvlan0', address, timeout: 5000 } as const;
const command = 'arping -D -c 2 -w 2 -I macvlan0 192.168.12.99';
const taken = {
  code: 1,
  stdout: 'ARPING 192.168.12.99 from 0.0.0.0 macvlan0\nUnicast reply from 192.168.12.99 [02:42:AC:11:00:02]  0.6ms\nSent 1 probes\n',
};
const interfaces = (addresses: readonly string[]) =>
  JSON.stringify([
    { ifname: 'macvlan0', flags: ['UP'], addr_info: addresses.map((local) => ({ family: 'inet', local, prefixlen: 32, scope: 'global' })) },
  ]);
const world = (arping: () => { code: number; stdout?: string; stderr?: string }, own: readonly string[] = []) =>
  scriptedEffects((line) => (line.startsWith('arping') ? arping() : interfaces(own)));

test('checkDuplicate: an address that nobody answers for is free after one question', async () => {
  const effects = world(() => ({ code: 0 }));
  await checkDuplicate(effects, step);
  assert.deepEqual(effects.commands.slice(1), [command]);
});

test('checkDuplicate: our own address is not asked for', async () => {
  const effects = world(() => taken, ['192.168.12.99']);
  await checkDuplicate(effects, step);
  assert.equal(effects.commands.includes(command), false);
});

test('checkDuplicate: asks until the holder is gone, and warns once', async () => {
  let answers = 3;
  const effects = world(() => (answers-- > 0 ? taken : { code: 0 }));
  await checkDuplicate(effects, step);
  assert.equal(effects.commands.filter((line) => line === command).length, 4);
  assert.deepEqual(
    effects.lines.map(({ level, fields }) => ({ level, fields })),
    [{ level: 'warn', fields: { address: '192.168.12.99', holder: '02:42:ac:11:00:02' } }],
  );
});

test('checkDuplicate: gives up after the timeout and says who has it', async () => {
  const effects = world(() => taken);
  await assert.rejects(checkDuplicate(effects, step), (error: unknown) => {
    assert.ok(error instanceof RouterError);
    assert.equal(error.code, 'ADDRESS_IN_USE');
    assert.equal(error.message, '192.168.12.99 is in use by 02:42:ac:11:00:02, asked for 5 s');
    return true;
  });
  assert.equal(effects.now(), 5000);
});

test('checkDuplicate: arping that cannot ask is not a holder', async () => {
  const effects = world(() => ({ code: 2, stderr: 'arping: socket: Operation not permitted' }));
  await assert.rejects(
    checkDuplicate(effects, step),
    (error: unknown) => error instanceof RouterError && error.code === 'PERMISSION_DENIED',
  );
});
