import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ConfigError, problemCodes } from './config-error.ts';
import { parseRouterConfig } from './parse-router-config.ts';
import { plainVariables, settingVariables } from './variables.ts';

type Input = Parameters<typeof parseRouterConfig>[0];

function parse(env: Input['env'], command?: Input['command'], files: Readonly<Record<string, string>> = {}) {
  return parseRouterConfig({
    env,
    command,
    readFile: (path) => {
      const text = { '/etc/resolv.conf': 'nameserver 10.96.0.10\n', ...files }[path];
      if (text === undefined) throw new Error(`ENOENT: no such file or directory, open '${path}'`);
      return text;
    },
  });
}

/** The problems as they are printed, without what is accepted. */
function problemsOf(env: Input['env'], command?: Input['command']): readonly string[] {
  try {
    parse(env, command);
    return [];
  } catch (error) {
    assert.ok(error instanceof ConfigError);
    return error.problems.map(({ variable, line, message }) => `${variable}${line === undefined ? '' : `:${line}`}: ${message}`);
  }
}

const source = { EGRESS_SOURCE: '192.168.12.99/24', EGRESS_GATEWAY: '192.168.12.1' };

test('parseRouterConfig: a redirect manifest as OKD documents it', () => {
  const { role, printOnly, sourceIps, carry, cluster, settings, notices } = parse({
    ...source,
    EGRESS_ROUTER_MODE: 'init',
    EGRESS_DESTINATION: '80 tcp 203.0.113.25\n8080 tcp 203.0.113.26 80\n8443 tcp 203.0.113.26 443\n203.0.113.27\n',
    KUBERNETES_SERVICE_HOST: '10.96.0.1',
    KUBERNETES_SERVICE_PORT: '443',
  });
  assert.deepEqual({ role, printOnly, notices }, { role: 'setup', printOnly: false, notices: [] });
  assert.deepEqual(
    sourceIps.map(({ address, prefixLength, gateway }) => [address.text, prefixLength, gateway.text]),
    [['192.168.12.99', 24, '192.168.12.1']],
  );
  assert.ok(carry.mode === 'redirect' && carry.given);
  assert.deepEqual(
    carry.rules.map(({ text }) => text),
    ['80 tcp 203.0.113.25', '8080 tcp 203.0.113.26 80', '8443 tcp 203.0.113.26 443'],
  );
  assert.deepEqual(
    carry.fallbacks.map(({ text }) => text),
    ['203.0.113.27'],
  );
  assert.deepEqual([cluster.nameservers[0]?.text, cluster.apiServer?.address.text, settings.healthPort], ['10.96.0.10', '10.96.0.1', 9090]);
});

test('parseRouterConfig: HTTP and DNS proxy manifests as OKD documents them, container by container', () => {
  const httpList = '!*.example.com\n!192.168.1.0/24\n192.168.2.1\n*\n';
  const dnsList = '# Format\n80 172.16.12.11\n100 example.com\n8080 203.0.113.26 80\n';
  const summary = [
    parse({ ...source, EGRESS_ROUTER_MODE: 'http-proxy' }),
    parse({ EGRESS_HTTP_PROXY_DESTINATION: httpList }),
    parse({ ...source, EGRESS_ROUTER_MODE: 'dns-proxy' }),
    parse({ EGRESS_DNS_PROXY_DESTINATION: dnsList }),
  ].map(({ role, carry }) => [role, carry.mode, 'routes' in carry ? carry.routes.length : carry.rules.length]);
  assert.deepEqual(summary, [
    ['setup', 'http-proxy', 0],
    ['run', 'http-proxy', 4],
    ['setup', 'dns-proxy', 0],
    ['run', 'dns-proxy', 3],
  ]);
});

test('parseRouterConfig: lists come from files too, and their lines say so', () => {
  const { carry } = parse({ EGRESS_DESTINATION_FILE: '/lists/destination' }, 'run', { '/lists/destination': '\n80 tcp 203.0.113.25\n' });
  assert.ok(carry.mode === 'redirect');
  assert.deepEqual([carry.given, carry.rules[0]?.variable, carry.rules[0]?.line], [true, 'EGRESS_DESTINATION_FILE', 2]);
});

test('parseRouterConfig: run without a list only watches, which is not the same as an empty list', () => {
  const { role, carry } = parse({});
  assert.deepEqual([role, carry], ['run', { mode: 'redirect', given: false, rules: [], fallbacks: [] }]);
  assert.deepEqual(problemsOf({ EGRESS_DESTINATION: '# all gone' }, 'run'), ['EGRESS_DESTINATION: EGRESS_DESTINATION unspecified']);
});

test('parseRouterConfig: the list that the container acts on must be there', () => {
  assert.deepEqual(problemsOf(source), ['EGRESS_DESTINATION: EGRESS_DESTINATION unspecified']);
  assert.deepEqual(problemsOf({ EGRESS_HTTP_PROXY_DESTINATION: '' }), [
    'EGRESS_HTTP_PROXY_DESTINATION: No EGRESS_HTTP_PROXY_DESTINATION specified',
  ]);
  assert.deepEqual(problemsOf({ EGRESS_ROUTER_MODE: 'dns-proxy' }, 'run'), [
    'EGRESS_DNS_PROXY_DESTINATION: Must specify EGRESS_DNS_PROXY_DESTINATION',
  ]);
});

test('parseRouterConfig: EGRESS_DESTINATION is ignored in the proxy modes, and a notice says so', () => {
  const { carry, notices } = parse({ ...source, EGRESS_ROUTER_MODE: 'http-proxy', EGRESS_DESTINATION: 'nonsense' });
  assert.equal(carry.mode, 'http-proxy');
  assert.deepEqual(notices, ['EGRESS_DESTINATION is ignored: the mode is http-proxy, and its list is EGRESS_HTTP_PROXY_DESTINATION']);
});

test('parseRouterConfig: a variable that is none of ours is a notice and no problem', () => {
  assert.deepEqual(parse({ EGRESS_HTTP_PROXY_DESTINATION: '*', EGRESS_HTTP_PROXY_CLIENT: '10.0.0.0/8' }).notices, [
    'EGRESS_HTTP_PROXY_CLIENT is no variable of the router; EGRESS_HTTP_PROXY_CLIENTS is',
  ]);
});

test('parseRouterConfig: a health port that gave way is off in the settings', () => {
  const { settings, notices } = parse({ EGRESS_DNS_PROXY_DESTINATION: '9090 example.com' });
  assert.deepEqual([settings.healthPort, notices.length], [undefined, 1]);
});

test('parseRouterConfig: a bad source IP does not turn every line of its family into a problem', () => {
  const problems = problemsOf({
    EGRESS_SOURCE: '192.168.12.0/24,fd00::99',
    EGRESS_GATEWAY: '192.168.12.1,fe80::1',
    EGRESS_DESTINATION: '203.0.113.27',
  });
  assert.deepEqual(problems, [
    'EGRESS_SOURCE: EGRESS_SOURCE unspecified or invalid: 192.168.12.0 is the network address of 192.168.12.0/24',
  ]);
});

test('parseRouterConfig: every problem of every variable and line comes at once', () => {
  const problems = problemsOf({
    EGRESS_SOURCE: '999.1.1.1',
    EGRESS_GATEWAY: '',
    EGRESS_ROUTER_MODE: 'innit',
    EGRESS_DESTINATION: '# web\n203.0.113.27\n80 tcp 203.0.113.25\n\n80 tcp 203.0.113.26\n0 udp 203.0.113.25 99999\n443 203.0.113.25',
    EGRESS_HEALTH_PORT: '80',
    EGRESS_GRACE_PERIOD: '25',
    EGRESS_LOG_LEVEL: 'loud',
    EGRESS_CLUSTER_CIDRS: '10.0.0.0/8,10.0.0.0/40',
  });
  assert.deepEqual(problems, [
    "EGRESS_ROUTER_MODE: Unrecognized EGRESS_ROUTER_MODE 'innit'",
    "EGRESS_SOURCE: EGRESS_SOURCE unspecified or invalid: '999.1.1.1' is no address",
    'EGRESS_GATEWAY: EGRESS_GATEWAY unspecified or invalid',
    'EGRESS_DESTINATION:2: EGRESS_DESTINATION fallback IP must be the last line',
    'EGRESS_DESTINATION:5: EGRESS_DESTINATION localport 80 is already used, must be unique for each destination',
    'EGRESS_DESTINATION:6: Invalid port: 0, must be in the range 1 to 65535',
    'EGRESS_DESTINATION:6: Invalid port: 99999, must be in the range 1 to 65535',
    "EGRESS_DESTINATION:7: EGRESS_DESTINATION value '443 203.0.113.25' is invalid",
    "EGRESS_LOG_LEVEL: EGRESS_LOG_LEVEL value 'loud' is invalid",
    "EGRESS_GRACE_PERIOD: EGRESS_GRACE_PERIOD value '25' is invalid",
    'EGRESS_HEALTH_PORT: EGRESS_HEALTH_PORT 80 is already used: EGRESS_DESTINATION:3 takes it',
    "EGRESS_CLUSTER_CIDRS: EGRESS_CLUSTER_CIDRS value '10.0.0.0/40' is invalid",
  ]);
});

const names = [
  ...Object.keys(plainVariables),
  ...Object.values(settingVariables).map(({ name }) => name),
  'KUBERNETES_SERVICE_HOST',
  'KUBERNETES_SERVICE_PORT',
  'EGRESS_HTTP_PROXY_CLIENT',
];
const seeds = [
  '192.168.12.99/24,fd00::99/64',
  '192.168.12.1,fe80::1',
  '80 tcp 203.0.113.25 8080\n8000-8100 udp 2001:db8::25\n203.0.113.27\n',
  '!*.example.com\n!192.168.1.0/24\nbücher.example\n*',
  '80 172.16.12.11\n8080 example.com 80',
  'http-proxy',
  'unit-test',
  '10.128.0.0/14 fd01::/48',
  '250ms',
  '9090',
];
const fragments = fc.constantFrom(
  '',
  '\n',
  ' ',
  '#',
  '!',
  '*',
  '-',
  '/',
  ',',
  ':',
  '.',
  '0',
  '65536',
  'tcp',
  '%',
  '::ffff:',
  'xn--',
  '\0',
  '１',
  '\ud800',
  '__proto__',
);

/** A seed with a piece cut out and another put in. */
const nearMisses = fc
  .tuple(fc.constantFrom(...seeds), fc.nat(60), fc.nat(4), fragments)
  .map(([seed, at, cut, piece]) => seed.slice(0, at) + piece + seed.slice(at + cut));
const texts = fc.oneof(fc.constantFrom(...seeds), nearMisses, fc.string({ unit: 'binary' }), fc.string({ unit: fragments }));
const environments = fc.dictionary(fc.constantFrom(...names), texts, { maxKeys: 12 });

test('parseRouterConfig: whatever the variables and files hold, it returns a value or throws a ConfigError with known codes', () => {
  let parsed = 0;
  let refused = 0;
  fc.assert(
    fc.property(environments, fc.constantFrom('setup' as const, 'run' as const, undefined), texts, (env, command, file) => {
      try {
        const config = parseRouterConfig({ env, command, readFile: () => file });
        assert.equal(config.role === 'run' || config.sourceIps.length > 0, true);
        parsed += 1;
      } catch (error) {
        if (!(error instanceof ConfigError)) throw error;
        assert.ok(error.problems.length > 0);
        assert.ok(error.problems.every(({ code, accepted }) => problemCodes.includes(code) && accepted !== ''));
        assert.equal(error.message.split('\n').length, error.problems.length);
        refused += 1;
      }
    }),
    { numRuns: 3_000 },
  );
  assert.ok(parsed > 0 && refused > 0, `both outcomes occur: ${parsed} parsed, ${refused} refused`);
});
