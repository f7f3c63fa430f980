import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addresses, type Family, withLength } from '../../lab/addresses.ts';
import { buildLab } from '../../lab/lab.ts';
import { parseLog, patience, setup, setupLines, sourceVariables } from './router-pod.ts';

const families: readonly Family[] = ['ipv4', 'ipv6'];

for (const family of families) {
  const { lan } = addresses[family];
  const holding = ['address', 'add', withLength(lan.source, lan.prefix), 'dev', 'eth0', ...(family === 'ipv6' ? ['nodad'] : [])];

  test(`duplicate check, ${family}: while another host has the source IP, setup fails, says who, and does not keep the address`, async () => {
    await using lab = await buildLab({ family });
    await lab.host('lanHost').output('ip', holding);
    const router = lab.host('router');
    const { code, stderr } = await setup(router, { ...sourceVariables(family), EGRESS_DUPLICATE_CHECK_TIMEOUT: '1s' });
    assert.equal(code, 1);
    const [link] = JSON.parse(await lab.host('lanHost').output('ip', ['-j', 'link', 'show', 'dev', 'eth0']));
    assert.ok(stderr.includes(`${lan.source} is in use by ${link.address}`), stderr);
    assert.match(stderr, /ADDRESS_IN_USE/);
    assert.doesNotMatch(await router.output('ip', ['address', 'show', 'dev', 'macvlan0']), new RegExp(lan.source));
    // What keeps packets in stays.
    assert.match(await router.output('ip', [family === 'ipv4' ? '-4' : '-6', 'route', 'show', 'table', '17746']), /unreachable default/);
    assert.match(await router.output('nft', ['list', 'tables']), /inet egress_router/);
    assert.match(await router.output('ip', [family === 'ipv4' ? '-4' : '-6', 'rule']), /17745/);
  });

  test(`duplicate check, ${family}: setup takes the source IP as soon as the other host has gone`, async () => {
    await using lab = await buildLab({ family });
    const lanHost = lab.host('lanHost');
    await lanHost.output('ip', holding);
    const router = await lab.host('router').spawn(process.execPath, ['src/main.ts', 'setup'], { env: sourceVariables(family) });
    const waiting = await router.line('waiting for it', 'stdout', patience);
    assert.equal(parseLog(waiting)[0]?.level, 'warn');
    await lanHost.output('ip', ['address', 'delete', withLength(lan.source, lan.prefix), 'dev', 'eth0']);
    assert.deepEqual(await router.exit, { code: 0, signal: null });
    assert.match(await lab.host('router').output('ip', ['address', 'show', 'dev', 'macvlan0']), new RegExp(`${lan.source}/`));
  });

  test(`duplicate check, ${family}: switched off, another host makes no difference`, async () => {
    await using lab = await buildLab({ family });
    await lab.host('lanHost').output('ip', holding);
    const lines = await setupLines(lab.host('router'), { ...sourceVariables(family), EGRESS_DUPLICATE_CHECK: 'off' });
    assert.equal(lines.at(-1)?.changed, true);
  });
}
