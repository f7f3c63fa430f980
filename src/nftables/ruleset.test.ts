import assert from 'node:assert/strict';
import { test } from 'node:test';
import { diffElements, type MapElement } from './ruleset.ts';

const a = { key: 'tcp . 80', value: '192.0.2.1 . 80' };
const b = { key: 'udp . 53', value: '192.0.2.2 . 53' };
const changedA = { key: 'tcp . 80', value: '192.0.2.9 . 80' };

const cases: readonly (readonly [string, MapElement[], MapElement[], { removed: MapElement[]; added: MapElement[] }])[] = [
  ['an empty map gets all elements', [], [a, b], { removed: [], added: [a, b] }],
  ['equal elements in another order are left alone', [b, a], [a, b], { removed: [], added: [] }],
  ['an element that is no longer wanted goes', [a, b], [b], { removed: [a], added: [] }],
  ['a key with another value goes and comes', [a, b], [changedA, b], { removed: [a], added: [changedA] }],
];

for (const [title, present, elements, expected] of cases) {
  test(`diffElements: ${title}`, () => {
    const map = { name: 'ports', key: 'inet_proto . inet_service', value: 'ipv4_addr . inet_service', intervals: false, elements };
    assert.deepEqual(diffElements(map, present), { map: 'ports', ...expected });
  });
}
