import assert from 'node:assert/strict';
import { test } from 'node:test';
import { diffElements, type MapElement, splitChanges } from './ruleset.ts';

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

test('splitChanges: parts are no larger than asked for, lose nothing, and remove before they add', () => {
  const elements = Array.from({ length: 5 }, (_, index) => ({ key: `tcp . ${index + 1}`, value: '192.0.2.1 . 80' }));
  const changes = [[{ map: 'ports', removed: elements.slice(0, 3), added: elements }], [{ map: 'others', removed: [a], added: [] }]];
  const parts = splitChanges(changes, 2);
  assert.deepEqual(
    parts.map((tables) => tables.map((maps) => maps.map(({ map, removed, added }) => `${map} -${removed.length} +${added.length}`).join())),
    [
      ['ports -2 +0', ''],
      ['ports -1 +0', ''],
      ['', 'others -1 +0'],
      ['ports -0 +2', ''],
      ['ports -0 +2', ''],
      ['ports -0 +1', ''],
    ],
  );
  assert.deepEqual(
    parts.flatMap(([ports]) => ports?.flatMap(({ added }) => added) ?? []),
    elements,
  );
});
