import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { formatProblem } from './config-error.ts';
import { parseUserList } from './user-list.ts';

const hash = '$2y$10$NEKGppGkBJim44HNwww/JuwqGSyGR9jmUfAMVi38xvwM1HGf4U1M6';

function parse(text: string) {
  return parseUserList({ variable: 'USERS', text });
}

test('parseUserList: a user a line, hashed with bcrypt in each of its spellings, blank lines and comments skipped', () => {
  const { value, problems } = parse(`# users\n\nalice:${hash}\nbob smith:$2b$04${hash.slice(6)}\r\nzoë:$2a$14${hash.slice(6)}\n`);
  assert.deepEqual(problems, []);
  assert.deepEqual(value, [
    { name: 'alice', passwordHash: hash, line: 3 },
    { name: 'bob smith', passwordHash: `$2b$04${hash.slice(6)}`, line: 4 },
    { name: 'zoë', passwordHash: `$2a$14${hash.slice(6)}`, line: 5 },
  ]);
});

const accepted = 'USER:HASH, HASH of bcrypt with a cost from 4 to 14: htpasswd -B -C 10 FILE USER';
const weak = "the password of user 'alice' is not hashed with bcrypt of a cost from 4 to 14";
const bad: [text: string, message: string][] = [
  ['alice:secret', weak],
  ['alice:{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=', weak],
  ['alice:$apr1$lZL6V/ci$eIMz/iKDkbtys/uU7LEK00', weak],
  ['alice:$6$salt$x', weak],
  ['alice:', weak],
  [`alice:$2x$10${hash.slice(6)}`, weak],
  [`alice:$2y$03${hash.slice(6)}`, weak],
  [`alice:$2y$15${hash.slice(6)}`, weak],
  [`alice:${hash}x`, weak],
  [`alice:${hash.slice(0, -1)}`, weak],
  [`alice: ${hash}`, weak],
  ['secret', 'the line has no user name with a colon behind it'],
  [`:${hash}`, 'the line has no user name with a colon behind it'],
  [`a\tb:${hash}`, 'the user name has a control character'],
];
for (const [text, message] of bad) {
  test(`parseUserList: '${text}' is refused, by its line and without a word of its hash`, () => {
    const { problems } = parse(`bob:${hash}\n${text}`);
    assert.deepEqual(problems, [{ code: 'LINE_INVALID', variable: 'USERS', line: 2, value: undefined, message, accepted }]);
  });
}

test('parseUserList: a user has one line, and a file without users is a problem', () => {
  assert.deepEqual(
    parse(`a:${hash}\nb:${hash}\na:${hash}`).problems.map((problem) => [problem.line, problem.message]),
    [[3, "user 'a' is on line 1 already"]],
  );
  for (const text of ['', '\n \n', '# alice\n']) {
    assert.deepEqual(parse(text).problems.map(formatProblem), [
      `USERS: the file has no users (accepted: at least one line ${accepted}) [LIST_MISSING]`,
    ]);
  }
});

test('parseUserList: whatever the file, what stands behind a colon or in a line without one is in no problem', () => {
  const secret = 'S3cret!Word';
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.string(), fc.constantFrom('', ':', 'u:', 'u:$2y$10$')), { maxLength: 5 }), (lines) => {
      const { problems } = parse(lines.map(([name, start]) => `${name.replaceAll(':', '')}${start}${secret}`).join('\n'));
      for (const problem of problems) {
        const text = formatProblem(problem) + JSON.stringify(problem);
        assert.ok(!text.includes(secret), text);
      }
    }),
  );
});
