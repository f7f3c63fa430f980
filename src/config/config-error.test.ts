import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ConfigError, formatProblem, type Problem } from './config-error.ts';

const problem: Problem = {
  code: 'LINE_INVALID',
  variable: 'EGRESS_DESTINATION_FILE',
  line: 3,
  value: 'x',
  message: "EGRESS_DESTINATION value 'x' is invalid",
  accepted: 'PORT',
};

test('formatProblem: variable, line, what is wrong, what is accepted and the code are on one line', () => {
  assert.equal(
    formatProblem(problem),
    "EGRESS_DESTINATION_FILE:3: EGRESS_DESTINATION value 'x' is invalid (accepted: PORT) [LINE_INVALID]",
  );
  assert.equal(
    formatProblem({ ...problem, variable: 'EGRESS_SOURCE', line: undefined, message: 'EGRESS_SOURCE unspecified or invalid' }),
    'EGRESS_SOURCE: EGRESS_SOURCE unspecified or invalid (accepted: PORT) [LINE_INVALID]',
  );
});

test('formatProblem: control characters of a value neither break the line nor reach the terminal', () => {
  const printed = formatProblem({ ...problem, message: 'a\nb\x1b[31m\x00\x7f\u0085\u2028' });
  assert.equal(printed, 'EGRESS_DESTINATION_FILE:3: a\\u000ab\\u001b[31m\\u0000\\u007f\\u0085\\u2028 (accepted: PORT) [LINE_INVALID]');
});

test('ConfigError: its message has a line for each problem, in their order', () => {
  const error = new ConfigError([problem, { ...problem, line: 4 }]);
  assert.deepEqual(error.message.split('\n'), error.problems.map(formatProblem));
});
