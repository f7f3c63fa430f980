import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Log } from '../observe/log.ts';
import { watchUsers } from './watch-users.ts';

const hash = '$2y$10$NEKGppGkBJim44HNwww/JuwqGSyGR9jmUfAMVi38xvwM1HGf4U1M6';

test('watchUsers: other users are told once; what cannot be read or parsed is logged once, by its line, and changes nothing', (t) => {
  t.mock.timers.enable({ apis: ['setInterval'] });
  let text: string | Error = `alice:${hash}`;
  const told: string[] = [];
  const lines: object[] = [];
  const write = (fields: object, message: string) => lines.push({ ...fields, message });
  const log: Log = { debug: write, info: write, warn: write, error: write };
  const stop = watchUsers({
    file: { path: '/users', source: { variable: 'USERS', text }, users: [] },
    interval: 5_000,
    readFile: (path) => {
      assert.equal(path, '/users');
      if (text instanceof Error) throw text;
      return text;
    },
    log,
    onChange: (users) => told.push(users.map(({ name }) => name).join()),
  });
  const turns: [now: string | Error, told: string[], lines: object[]][] = [
    [text, [], []],
    [`alice:${hash}\nbob:${hash}`, ['alice,bob'], [{ message: 'the users were read again' }]],
    [
      `alice:${hash}\nbob:secret`,
      [],
      [
        {
          code: 'LINE_INVALID',
          message: 'the users of before stay',
          reason:
            "USERS:2: the password of user 'bob' is not hashed with bcrypt of a cost from 4 to 14 (accepted: USER:HASH, HASH of bcrypt with a cost from 4 to 14: htpasswd -B -C 10 FILE USER) [LINE_INVALID]",
        },
      ],
    ],
    [new Error('EACCES'), [], [{ code: 'LIST_UNREADABLE', message: 'the users of before stay', reason: 'EACCES' }]],
    [`carol:${hash}`, ['carol'], [{ message: 'the users were read again' }]],
  ];
  for (const [now, names, logged] of turns) {
    text = now;
    told.length = 0;
    lines.length = 0;
    t.mock.timers.tick(10_000);
    assert.deepEqual([told, lines], [names, logged]);
  }
  stop();
  text = `dan:${hash}`;
  told.length = 0;
  t.mock.timers.tick(10_000);
  assert.deepEqual(told, []);
});
