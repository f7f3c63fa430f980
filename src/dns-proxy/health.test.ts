import assert from 'node:assert/strict';
import { test } from 'node:test';
import { recordCheck, untested } from './health.ts';

/** `+` = a check that passed, `-` = one that failed; below each, whether the endpoint is used after it. */
const histories = [
  ['-++', 'nnY', 'a new endpoint is out with its first failed check, as nothing is known of it'],
  ['+--+--+---', 'YYYYYYYYYn', 'one that was good is out after three failures in a row, and a good check starts the count again'],
  ['+---+-++', 'YYYnnnnY', 'one that is out comes back after two good checks in a row'],
  ['+---++--', 'YYYnnYYY', 'one that came back is out after three failures again'],
] as const;

for (const [checks, expected, sentence] of histories) {
  test(`recordCheck: ${sentence}`, () => {
    let health = untested;
    const states = [...checks].map((check) => {
      health = recordCheck(health, check === '+', { fall: 3, rise: 2 });
      return health.healthy ? 'Y' : 'n';
    });
    assert.equal(states.join(''), expected);
  });
}
