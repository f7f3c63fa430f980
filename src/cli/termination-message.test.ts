import assert from 'node:assert/strict';
import { test } from 'node:test';
import { terminationMessage } from './termination-message.ts';

const problem = (line: number) => `EGRESS_DESTINATION:${line}: 'x’ is invalid`;
const problems = (count: number) => `${Array.from({ length: count }, (_, index) => problem(index + 1)).join('\n')}\n`;

test('terminationMessage: what fits into the status of a pod is told as it is', () => {
  assert.equal(terminationMessage(problems(3)), problems(3));
});

test('terminationMessage: of what does not fit, whole lines come from the beginning, and the rest is counted', () => {
  const message = terminationMessage(problems(1000));
  const lines = message.trimEnd().split('\n');
  const told = lines.length - 1;
  assert.ok(Buffer.byteLength(message) <= 4096 && told > 50);
  assert.deepEqual(lines.slice(0, told), problems(told).trimEnd().split('\n'));
  assert.equal(lines.at(-1), `and ${1000 - told} lines more, in the log`);
});

test('terminationMessage: one line that is too long leaves the count', () => {
  assert.equal(terminationMessage('x'.repeat(5000)), 'and 1 lines more, in the log\n');
});
