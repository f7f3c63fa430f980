import assert from 'node:assert/strict';
import { test } from 'node:test';
import { askMac } from './neighbour-table.ts';
import { scriptedEffects } from './scripted-effects.ts';

const neighbour = { device: 'macvlan0', family: 'ipv6', address: 'fd12::99' } as const;
const show = 'ip -j -6 neighbour show fd12::99 dev macvlan0';
const entry = (fields: object) => JSON.stringify([{ dst: 'fd12::99', ...fields }]);

test('askMac: lets the kernel ask, and gives the answer when it is there', async () => {
  let looks = 0;
  const effects = scriptedEffects((line) => {
    if (line !== show) return undefined;
    looks += 1;
    return entry(looks < 3 ? { state: ['INCOMPLETE'] } : { lladdr: '02:00:00:00:00:01', state: ['REACHABLE'] });
  });
  assert.equal(await askMac(effects, neighbour), '02:00:00:00:00:01');
  assert.deepEqual(effects.commands, ['ip -6 neighbour replace fd12::99 dev macvlan0 use', show, show, show]);
});

test('askMac: gives nothing when nobody answered within three seconds', async () => {
  const effects = scriptedEffects((line) => (line === show ? entry({ state: ['INCOMPLETE'] }) : undefined));
  assert.equal(await askMac(effects, neighbour), undefined);
  assert.equal(effects.now(), 3000);
});
