import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatPrefix } from '../net/prefix.ts';
import { parseHttpClients } from './http-clients.ts';
import type { Environment } from './list-source.ts';
import type { RoleChoice } from './role.ts';

const hash = '$2y$10$NEKGppGkBJim44HNwww/JuwqGSyGR9jmUfAMVi38xvwM1HGf4U1M6';
const run: RoleChoice = { role: 'run', mode: 'http-proxy', printOnly: false };

function parse(env: Environment, choice: RoleChoice = run) {
  return parseHttpClients(choice, env, (path) => {
    if (path === '/users') return `alice:${hash}\n`;
    if (path === '/bad') return 'alice:x\n';
    throw new Error('ENOENT');
  });
}

test('parseHttpClients: without variables everyone may use it', () => {
  assert.deepEqual(parse({}), { value: { prefixes: undefined, users: undefined }, problems: [], notices: [] });
});

test('parseHttpClients: addresses and ranges of both families, with commas or blanks between; a notice where bits behind the length were set', () => {
  const { value, problems, notices } = parse({ EGRESS_HTTP_PROXY_CLIENTS: ' 10.1.2.3,2001:db8::/32\n0.0.0.0/0 10.1.2.3/8 ' });
  assert.deepEqual(problems, []);
  assert.deepEqual(value.prefixes?.map(formatPrefix), ['10.1.2.3/32', '2001:db8::/32', '0.0.0.0/0', '10.0.0.0/8']);
  assert.deepEqual(notices, ['EGRESS_HTTP_PROXY_CLIENTS: 10.1.2.3/8 means 10.0.0.0/8']);
});

test('parseHttpClients: what is no address or range is refused, each by itself, and so is nothing', () => {
  const values = ['10.1', '0x0a.0.0.1', 'pod', '10.0.0.0/33', 'fe80::1%eth0', '::ffff:10.0.0.0/104', '::ffff:10.1.2.3'];
  const { problems } = parse({ EGRESS_HTTP_PROXY_CLIENTS: values.join(' ') });
  assert.deepEqual(
    problems.map(({ code, value }) => [code, value]),
    values.map((value) => ['SETTING_INVALID', value]),
  );
  for (const text of ['', ' ', ',']) {
    assert.equal(parse({ EGRESS_HTTP_PROXY_CLIENTS: text }).problems[0]?.message, 'EGRESS_HTTP_PROXY_CLIENTS is empty');
  }
});

test('parseHttpClients: the file of users is read, and a bad one is a problem with its line', () => {
  const { value, problems } = parse({ EGRESS_HTTP_PROXY_USERS_FILE: ' /users ' });
  assert.deepEqual(problems, []);
  assert.deepEqual(value.users, {
    path: '/users',
    source: { variable: 'EGRESS_HTTP_PROXY_USERS_FILE', text: `alice:${hash}\n` },
    users: [{ name: 'alice', passwordHash: hash, line: 1 }],
  });
  assert.deepEqual(
    ['/bad', '/missing', '', ' '].map((path) => {
      const [problem] = parse({ EGRESS_HTTP_PROXY_USERS_FILE: path }).problems;
      return [problem?.code, problem?.line, problem?.variable];
    }),
    [
      ['LINE_INVALID', 1, 'EGRESS_HTTP_PROXY_USERS_FILE'],
      ['LIST_UNREADABLE', undefined, 'EGRESS_HTTP_PROXY_USERS_FILE'],
      ['SETTING_INVALID', undefined, 'EGRESS_HTTP_PROXY_USERS_FILE'],
      ['SETTING_INVALID', undefined, 'EGRESS_HTTP_PROXY_USERS_FILE'],
    ],
  );
});

test('parseHttpClients: where the HTTP proxy does not run the file is not read, for it need not be mounted', () => {
  for (const choice of [
    { ...run, role: 'setup' },
    { ...run, mode: 'dns-proxy' },
  ] as const) {
    assert.deepEqual(parse({ EGRESS_HTTP_PROXY_USERS_FILE: '/missing' }, choice).problems, []);
  }
});
