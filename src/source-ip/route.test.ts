import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addMissingRoutes, parseRoutes, routeCommand } from './route.ts';
import { scriptedEffects } from './scripted-effects.ts';

/** What `ip -N -d -j route show table all` of iproute2 6.1 prints, with the command that made the route. */
const listed = [
  [
    'ipv4',
    '{"type":"7","dst":"default","table":"17746","protocol":"3","scope":"0","metric":4278198272,"flags":[]}',
    'ip -4 route replace unreachable default metric 4278198272 table 17746',
  ],
  [
    'ipv4',
    '{"type":"1","dst":"default","gateway":"192.168.12.1","dev":"macvlan0","table":"17746","prefsrc":"192.168.12.99","flags":[]}',
    'ip -4 route replace default via 192.168.12.1 dev macvlan0 src 192.168.12.99 table 17746',
  ],
  [
    'ipv6',
    '{"type":"7","dst":"default","dev":"lo","table":"17746","metric":4278198272,"flags":[],"pref":"medium"}',
    'ip -6 route replace unreachable default metric 4278198272 table 17746',
  ],
  [
    'ipv6',
    '{"type":"1","dst":"fd12::1","dev":"macvlan0","table":"17746","prefsrc":"fd12::99","metric":1024,"flags":[],"pref":"medium"}',
    'ip -6 route replace fd12::1 dev macvlan0 src fd12::99 table 17746',
  ],
  [
    'ipv6',
    '{"type":"1","dst":"fd00::/64","dev":"eth0","protocol":"2","metric":256,"flags":[],"pref":"medium"}',
    'ip -6 route replace fd00::/64 dev eth0 metric 256 table main',
  ],
] as const;

for (const [family, json, command] of listed) {
  test(`parseRoutes: what the kernel lists is the route of '${command}'`, () => {
    const [route] = parseRoutes(`[${json}]`, family);
    assert.ok(route !== undefined);
    assert.equal(routeCommand('replace', route).join(' '), command);
  });
}

test('addMissingRoutes: adds what is missing and leaves what is there', async () => {
  const routes = listed.filter(([family]) => family === 'ipv4').flatMap(([family, json]) => parseRoutes(`[${json}]`, family));
  const effects = scriptedEffects((line) => (line.includes('route show') ? `[${listed[0][1]}]` : undefined));
  assert.deepEqual(await addMissingRoutes(effects.run, 'ipv4', routes), [listed[1][2].split(' ')]);
  assert.deepEqual(effects.commands.slice(1), [listed[1][2]]);
});
