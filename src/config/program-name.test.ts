import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ConfigError } from './config-error.ts';
import type { Environment } from './list-source.ts';
import { parseRouterConfig } from './parse-router-config.ts';
import { variablesFor } from './program-name.ts';

const source = { EGRESS_SOURCE: '192.0.2.9/24', EGRESS_GATEWAY: '192.0.2.1' };
const redirect = { ...source, EGRESS_DESTINATION: '203.0.113.25' };
const http = { EGRESS_HTTP_PROXY_DESTINATION: '*' };
const dns = { EGRESS_DNS_PROXY_DESTINATION: '80 203.0.113.25' };
const router = (mode: string) => ({ EGRESS_ROUTER_MODE: mode });

const roles: readonly (readonly [programName: string, Environment, string])[] = [
  ['egress-router.sh', redirect, 'legacy redirect'],
  ['egress-router.sh', { ...redirect, ...router('init') }, 'setup redirect'],
  ['egress-router.sh', { ...source, ...router('http-proxy') }, 'setup http-proxy'],
  ['egress-router.sh', { ...source, ...router('http-proxy'), ...http }, 'setup http-proxy'],
  ['egress-router.sh', { ...redirect, ...router('init'), ...http, ...dns }, 'setup redirect'],
  ['egress-router.sh', { ...redirect, ...router('unit-test') }, 'setup redirect, print only'],
  ['egress-http-proxy.sh', http, 'run http-proxy'],
  ['egress-http-proxy.sh', { ...redirect, ...router('init'), ...http, ...dns }, 'run http-proxy'],
  ['egress-http-proxy.sh', { ...http, EGRESS_HTTP_PROXY_MODE: 'unit-test' }, 'run http-proxy, print only'],
  ['egress-http-proxy.sh', { EGRESS_HTTP_PROXY_DESTINATION_FILE: '/list' }, 'run http-proxy'],
  ['egress-dns-proxy.sh', dns, 'run dns-proxy'],
  ['egress-dns-proxy.sh', { ...source, ...router('http-proxy'), ...http, ...dns }, 'run dns-proxy'],
  ['egress-dns-proxy.sh', { ...dns, EGRESS_DNS_PROXY_MODE: 'unit-test' }, 'run dns-proxy, print only'],
  ['egress-router', {}, 'run redirect'],
  ['egress-router', http, 'run http-proxy'],
  ['constructor', dns, 'run dns-proxy'],
];

const refused: readonly (readonly [programName: string, Environment, string])[] = [
  ['egress-router.sh', {}, 'EGRESS_SOURCE unspecified or invalid'],
  ['egress-router.sh', http, 'EGRESS_SOURCE unspecified or invalid'],
  ['egress-router.sh', { ...redirect, ...router('inti') }, "Unrecognized EGRESS_ROUTER_MODE 'inti'"],
  ['egress-http-proxy.sh', {}, 'No EGRESS_HTTP_PROXY_DESTINATION specified'],
  ['egress-http-proxy.sh', { ...redirect, ...dns }, 'No EGRESS_HTTP_PROXY_DESTINATION specified'],
  ['egress-dns-proxy.sh', http, 'Must specify EGRESS_DNS_PROXY_DESTINATION'],
  ['egress-router', { ...redirect, ...http }, 'EGRESS_SOURCE is set too, so this may be the init or the main container'],
];

function parse(programName: string, env: Environment) {
  return parseRouterConfig({ env: variablesFor(programName, env), command: undefined, readFile: () => '*' });
}

test('variablesFor: the names of the original entry points choose their role, whatever else is set', () => {
  for (const [programName, env, expected] of roles) {
    const { role, carry, printOnly } = parse(programName, env);
    assert.equal(`${role} ${carry.mode}${printOnly ? ', print only' : ''}`, expected, `${programName} ${JSON.stringify(env)}`);
  }
});

test('variablesFor: what an entry point cannot do without is a problem in the words of the original', () => {
  for (const [programName, env, expected] of refused) {
    assert.throws(
      () => parse(programName, env),
      (error) => error instanceof ConfigError && error.problems.some(({ message }) => message.startsWith(expected)),
      `${programName} ${JSON.stringify(env)}`,
    );
  }
});
