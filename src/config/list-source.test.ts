import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readListSource, splitLines } from './list-source.ts';

const files: Readonly<Record<string, string>> = { '/lists/destination': '80 tcp 203.0.113.25\n' };

function readFile(path: string): string {
  const text = files[path];
  if (text === undefined) throw new Error(`ENOENT: no such file or directory, open '${path}'`);
  return text;
}

const read = [
  [{}, undefined],
  [{ EGRESS_DESTINATION: '' }, { variable: 'EGRESS_DESTINATION', text: '' }],
  [{ EGRESS_DESTINATION: '203.0.113.25' }, { variable: 'EGRESS_DESTINATION', text: '203.0.113.25' }],
  [
    { EGRESS_DESTINATION: '203.0.113.25', EGRESS_DESTINATION_FILE: '' },
    { variable: 'EGRESS_DESTINATION', text: '203.0.113.25' },
  ],
  [
    { EGRESS_DESTINATION: ' ', EGRESS_DESTINATION_FILE: '/lists/destination\n' },
    { variable: 'EGRESS_DESTINATION_FILE', text: '80 tcp 203.0.113.25\n' },
  ],
] as const;

test('readListSource: the list is in the variable or in the file that its twin names', () => {
  for (const [env, value] of read) {
    assert.deepEqual(readListSource(env, 'EGRESS_DESTINATION', readFile), { value, problems: [] }, JSON.stringify(env));
  }
});

test('readListSource: a file that cannot be read is a problem that says why', () => {
  assert.deepEqual(readListSource({ EGRESS_DESTINATION_FILE: '/nowhere' }, 'EGRESS_DESTINATION', readFile), {
    value: undefined,
    problems: [
      {
        code: 'LIST_UNREADABLE',
        variable: 'EGRESS_DESTINATION_FILE',
        line: undefined,
        value: '/nowhere',
        message: "cannot read '/nowhere': ENOENT: no such file or directory, open '/nowhere'",
        accepted: 'the path of a file that this process can read',
      },
    ],
  });
});

test('readListSource: a list in both places is a problem', () => {
  const env = { EGRESS_DESTINATION: '203.0.113.25', EGRESS_DESTINATION_FILE: '/lists/destination' };
  const { value, problems } = readListSource(env, 'EGRESS_DESTINATION', readFile);
  assert.equal(value, undefined);
  assert.deepEqual(
    problems.map(({ code, variable, message }) => [code, variable, message]),
    [['LIST_GIVEN_TWICE', 'EGRESS_DESTINATION_FILE', 'EGRESS_DESTINATION is set too']],
  );
});

test('splitLines: numbers count all lines, whatever ends them; blank lines, comments and a byte order mark do not show', () => {
  assert.deepEqual(splitLines('\ufeffa  b\r\n\r\n# c\n\t #d\n e # f'), [
    { line: 1, text: 'a  b', words: ['a', 'b'] },
    { line: 5, text: 'e # f', words: ['e', '#', 'f'] },
  ]);
});
