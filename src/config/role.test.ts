import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Environment } from './list-source.ts';
import { parseRole } from './role.ts';

type Command = 'setup' | 'run' | undefined;

const source = { EGRESS_SOURCE: '192.0.2.9', EGRESS_GATEWAY: '192.0.2.1' };
const redirect = { EGRESS_DESTINATION: '203.0.113.25' };
const http = { EGRESS_HTTP_PROXY_DESTINATION: '*' };
const dns = { EGRESS_DNS_PROXY_DESTINATION: '80 example.com' };
const router = (mode: string) => ({ EGRESS_ROUTER_MODE: mode });

const inferred: readonly (readonly [Environment, string])[] = [
  [{}, 'run redirect'],
  [redirect, 'run redirect'],
  [{ EGRESS_DESTINATION_FILE: '/lists/destination' }, 'run redirect'],
  [{ ...source, ...redirect }, 'legacy redirect'],
  [{ EGRESS_SOURCE: '' }, 'legacy redirect'],
  [{ EGRESS_GATEWAY: '192.0.2.1', ...redirect }, 'legacy redirect'],
  [{ ...source, ...redirect, ...router('') }, 'legacy redirect'],
  [{ ...source, ...redirect, ...router('legacy') }, 'legacy redirect'],
  [{ ...source, ...redirect, ...router('init') }, 'setup redirect'],
  [{ ...source, ...redirect, ...router(' init\n') }, 'setup redirect'],
  [{ ...source, ...router('http-proxy') }, 'setup http-proxy'],
  [{ ...source, ...router('dns-proxy') }, 'setup dns-proxy'],
  [router('dns-proxy'), 'setup dns-proxy'],
  [{ ...source, ...redirect, ...router('unit-test') }, 'setup redirect, print only'],
  [http, 'run http-proxy'],
  [dns, 'run dns-proxy'],
  [{ EGRESS_HTTP_PROXY_DESTINATION: '' }, 'run http-proxy'],
  [{ EGRESS_HTTP_PROXY_DESTINATION_FILE: '/lists/http' }, 'run http-proxy'],
  [{ EGRESS_DNS_PROXY_DESTINATION_FILE: '' }, 'run redirect'],
  [{ ...http, ...redirect }, 'run http-proxy'],
  [{ ...http, EGRESS_HTTP_PROXY_MODE: 'unit-test' }, 'run http-proxy, print only'],
  [{ EGRESS_DNS_PROXY_MODE: 'unit-test' }, 'run dns-proxy, print only'],
];

const said: readonly (readonly [Command, Environment, string])[] = [
  ['run', {}, 'run redirect'],
  ['setup', {}, 'setup redirect'],
  ['setup', http, 'setup http-proxy'],
  ['run', { ...source, ...redirect }, 'run redirect'],
  ['setup', { ...source, ...redirect, ...router('legacy') }, 'setup redirect'],
  ['run', { ...source, ...http }, 'run http-proxy'],
  ['setup', { ...source, ...http }, 'setup http-proxy'],
  ['setup', { ...source, ...router('dns-proxy'), ...dns }, 'setup dns-proxy'],
  ['run', { ...source, ...router('dns-proxy'), ...dns }, 'run dns-proxy'],
  ['run', router('http-proxy'), 'run http-proxy'],
];

const refused: readonly (readonly [Command, Environment, readonly string[]])[] = [
  [undefined, router('inti'), ["MODE_UNKNOWN Unrecognized EGRESS_ROUTER_MODE 'inti'"]],
  [undefined, router('constructor'), ["MODE_UNKNOWN Unrecognized EGRESS_ROUTER_MODE 'constructor'"]],
  ['run', { ...http, EGRESS_HTTP_PROXY_MODE: 'test' }, ["MODE_UNKNOWN Unrecognized EGRESS_HTTP_PROXY_MODE 'test'"]],
  ['run', { ...dns, EGRESS_DNS_PROXY_MODE: 'test' }, ["MODE_UNKNOWN Unrecognized EGRESS_DNS_PROXY_MODE 'test'"]],
  [undefined, { ...source, ...http }, ['ROLE_AMBIGUOUS EGRESS_SOURCE is set too, so this may be the init or the main container']],
  [
    undefined,
    { ...router('dns-proxy'), ...dns },
    ['ROLE_AMBIGUOUS EGRESS_ROUTER_MODE is set too, so this may be the init or the main container'],
  ],
  [undefined, { ...http, ...dns }, ['ROLE_AMBIGUOUS EGRESS_HTTP_PROXY_DESTINATION is set too']],
  ['run', { ...http, ...dns }, ['ROLE_AMBIGUOUS EGRESS_HTTP_PROXY_DESTINATION is set too']],
  ['setup', { ...router('init'), ...http }, ['ROLE_AMBIGUOUS EGRESS_ROUTER_MODE is init, which does not take it']],
  ['run', { ...router('dns-proxy'), ...http }, ['ROLE_AMBIGUOUS EGRESS_ROUTER_MODE is dns-proxy, which does not take it']],
];

function summarize(env: Environment, command: Command): string {
  const { value, problems } = parseRole(env, command);
  assert.deepEqual(problems, []);
  return `${value.role} ${value.mode}${value.printOnly ? ', print only' : ''}`;
}

test('parseRole: without a command, the variables of a manifest tell the role and the mode', () => {
  for (const [env, expected] of inferred) assert.equal(summarize(env, undefined), expected, JSON.stringify(env));
});

test('parseRole: with a command, both containers may have the same variables', () => {
  for (const [command, env, expected] of said) assert.equal(summarize(env, command), expected, `${command} ${JSON.stringify(env)}`);
});

test('parseRole: unknown modes and variables that contradict one another are problems', () => {
  for (const [command, env, expected] of refused) {
    const { problems } = parseRole(env, command);
    assert.deepEqual(
      problems.map(({ code, message }) => `${code} ${message}`),
      expected,
      `${command} ${JSON.stringify(env)}`,
    );
  }
});
