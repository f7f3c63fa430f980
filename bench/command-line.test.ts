import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseCommandLine, UsageError } from './command-line.ts';

const works = ['forward-small', 'start'];

test('parseCommandLine: http alone measures everything against the usual peers', () => {
  assert.deepEqual(parseCommandLine(['http'], works), {
    name: 'http',
    only: [],
    peers: ['squid', 'tinyproxy', 'relay'],
    rounds: 5,
    seconds: 2,
    tunnels: 9_500,
    json: undefined,
    profile: undefined,
    against: undefined,
    report: 'build/bench/report.json',
  });
});

test('parseCommandLine: takes what it is told', () => {
  const words = ['http', '--only', 'start', '--peer', 'egress-router', '--rounds', '3', '--seconds', '0.5', '--json', 'rows.json'];
  const command = parseCommandLine(words, works);
  assert.deepEqual(command, {
    name: 'http',
    only: ['start'],
    peers: ['egress-router'],
    rounds: 3,
    seconds: 0.5,
    tunnels: 9_500,
    json: 'rows.json',
    profile: undefined,
    against: undefined,
    report: 'build/bench/report.json',
  });
});

test('parseCommandLine: another checkout is the only peer, unless others are named', () => {
  assert.deepEqual(Object(parseCommandLine(['http', '--against', '../before'], works)).peers, ['checkout']);
  assert.deepEqual(Object(parseCommandLine(['http', '--against', '../before', '--peer', 'squid'], works)).peers, ['squid', 'checkout']);
});

for (const words of [
  [],
  ['https'],
  ['document', 'x'],
  ['http', 'x'],
  ['http', '--only', 'all'],
  ['http', '--peer', 'envoy'],
  ['http', '--rounds', '0'],
  ['http', '--rounds', '2.5'],
  ['http', '--seconds', '0.0'],
  ['http', '--seconds', '-1'],
  ['http', '--tunnels', '5'],
]) {
  test(`parseCommandLine: '${words.join(' ')}' is refused`, () => {
    assert.throws(() => parseCommandLine(words, works), UsageError);
  });
}
