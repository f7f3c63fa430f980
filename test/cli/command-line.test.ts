import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';

const redirect = {
  EGRESS_SOURCE: '192.168.12.99/24',
  EGRESS_GATEWAY: '192.168.12.1',
  EGRESS_DESTINATION: '80 tcp 203.0.113.25\n8080 tcp 203.0.113.26 80',
};
const broken = {
  ...redirect,
  EGRESS_GATEWAY: '999.1.1.1',
  EGRESS_DESTINATION: '80 tcp 203.0.113.25\n80 tcp 203.0.113.26\n0 udp 203.0.113.26',
};

/** Runs the real command with only these variables, in an empty network namespace: there are no interfaces. */
function egressRouter(words: readonly string[], env: Record<string, string> = {}) {
  const { status, stdout, stderr } = spawnSync('unshare', ['--net', 'bin/egress-router', ...words], {
    env: { PATH: process.env.PATH, ...env },
    encoding: 'utf8',
  });
  return { code: status, stdout, stderr };
}

test('validate: a valid configuration is exit code 0, from the environment and from a file of variables', () => {
  assert.deepEqual(egressRouter(['validate'], redirect), { code: 0, stdout: 'The configuration is valid.\n', stderr: '' });
  const file = join(mkdtempSync(join(tmpdir(), 'validate-')), 'router.env');
  writeFileSync(file, 'EGRESS_HTTP_PROXY_DESTINATION="# comment\n*.example.com\n!*"\n');
  assert.equal(egressRouter(['validate', file]).code, 0);
});

test('validate: every problem comes at once, with variable, line, value and what is accepted, and exit code 2', () => {
  const { code, stdout } = egressRouter(['validate'], broken);
  assert.equal(code, 2);
  const lines = stdout.trimEnd().split('\n');
  assert.deepEqual(
    lines.map((line) => line.replace(/ \(accepted: .+\) /, ' (accepted) ')),
    [
      "EGRESS_GATEWAY: EGRESS_GATEWAY unspecified or invalid: '999.1.1.1' is no address (accepted) [GATEWAY_INVALID]",
      'EGRESS_DESTINATION:2: EGRESS_DESTINATION localport 80 is already used, must be unique for each destination (accepted) [PORT_DUPLICATE]',
      'EGRESS_DESTINATION:3: Invalid port: 0, must be in the range 1 to 65535 (accepted) [PORT_INVALID]',
    ],
  );
});

test('validate --json: the same problems as data', () => {
  const { code, stdout } = egressRouter(['validate', '--json'], broken);
  const { valid, problems } = JSON.parse(stdout);
  assert.deepEqual([code, valid], [2, false]);
  assert.deepEqual(
    problems.map((problem: Record<string, unknown>) => [problem.code, problem.variable, problem.line, problem.value]),
    [
      ['GATEWAY_INVALID', 'EGRESS_GATEWAY', undefined, '999.1.1.1'],
      ['PORT_DUPLICATE', 'EGRESS_DESTINATION', 2, '80 tcp 203.0.113.26'],
      ['PORT_INVALID', 'EGRESS_DESTINATION', 3, '0 udp 203.0.113.26'],
    ],
  );
});

test('validate: a file that cannot be read is a problem with its name', () => {
  const { code, stderr } = egressRouter(['validate', '/no/such/file']);
  assert.equal(code, 2);
  assert.match(stderr, /^FILE: cannot read it: ENOENT.*\/no\/such\/file/);
});

test('plan: prints ruleset, routes and policy rules without the interfaces being there, with POD_IP for the address that is not known', () => {
  const { code, stdout, stderr } = egressRouter(['plan', '--role', 'setup'], redirect);
  assert.deepEqual([code, stderr], [0, '']);
  assert.match(stdout, /^ip -4 rule add pref 17740 iif lo from POD_IP lookup main$/m);
  assert.match(stdout, /^\ttcp \. 8080 : 203\.0\.113\.26 \. 80$/m);
  assert.match(stdout, /^ip -4 route replace default via 192\.168\.12\.1 dev macvlan0 src 192\.168\.12\.99 table 17746$/m);
});

test('plan --json: the steps in order, and the listeners of the container that runs', () => {
  const setup = JSON.parse(egressRouter(['plan', '--json', '--role', 'setup'], redirect).stdout);
  assert.deepEqual([setup.role, setup.mode, setup.listeners], ['setup', 'redirect', []]);
  const order = setup.steps.map(({ step }: { step: string }) => step);
  assert.deepEqual(order.slice(0, 4), ['interfaces', 'unreachable-routes', 'tables', 'policy-rules']);
  assert.deepEqual(order.slice(-4), ['duplicate-check', 'address', 'routes', 'announce']);
  const run = JSON.parse(egressRouter(['plan', '--json'], { EGRESS_DNS_PROXY_DESTINATION: '3306 db.example.com' }).stdout);
  assert.deepEqual([run.role, run.mode, run.steps], ['run', 'dns-proxy', []]);
  assert.deepEqual(run.listeners, [
    { port: 9090, purpose: 'health', lines: [] },
    { port: 3306, purpose: 'DNS proxy', lines: ['3306 db.example.com'] },
  ]);
});

for (const { name, env } of [
  { name: 'EGRESS_ROUTER_MODE', env: { ...redirect, EGRESS_ROUTER_MODE: 'unit-test' } },
  { name: 'EGRESS_HTTP_PROXY_MODE', env: { EGRESS_HTTP_PROXY_DESTINATION: '*', EGRESS_HTTP_PROXY_MODE: 'unit-test' } },
  { name: 'EGRESS_DNS_PROXY_MODE', env: { EGRESS_DNS_PROXY_DESTINATION: '80 203.0.113.25', EGRESS_DNS_PROXY_MODE: 'unit-test' } },
]) {
  test(`${name}=unit-test: prints what plan prints, and ends`, () => {
    const { code, stdout } = egressRouter([], env);
    assert.equal(code, 0);
    assert.equal(stdout, egressRouter(['plan'], env).stdout);
  });
}

test('command line: bad usage is exit code 2 and help is 0', () => {
  assert.deepEqual(egressRouter(['strat']), { code: 2, stdout: '', stderr: "error: unknown command 'strat'; see egress-router --help\n" });
  assert.equal(egressRouter(['plan', '--jsno']).code, 2);
  assert.equal(egressRouter(['--help']).code, 0);
});

test('command line: variables that fit both containers are exit code 2 and the remedy, until a command says which', () => {
  const env = { ...redirect, EGRESS_ROUTER_MODE: 'http-proxy', EGRESS_HTTP_PROXY_DESTINATION: '*' };
  const { code, stderr } = egressRouter([], env);
  assert.equal(code, 2);
  assert.match(stderr, /say setup or run/);
  assert.equal(egressRouter(['validate', '--role', 'run'], env).code, 0);
  assert.equal(egressRouter(['validate', '--role', 'setup'], env).code, 0);
});

test('setup: a missing macvlan0 is exit code 1, with what makes it and what was found instead', () => {
  const { code, stderr } = egressRouter([], { ...redirect, EGRESS_ROUTER_MODE: 'init' });
  assert.equal(code, 1);
  assert.match(stderr, /INTERFACE_MISSING/);
});

test('setup, run and no command: in a pod, what ended them is in its status; validate and plan leave it alone', () => {
  const inPod = (words: readonly string[]) => {
    const script = `
      dev=$(mktemp -d) && touch $dev/null $dev/termination-log && mount --bind /dev/null $dev/null && mount --rbind $dev /dev
      "$@" 2>/dev/null
      cat /dev/termination-log`;
    return spawnSync('unshare', ['--net', '--mount', 'sh', '-c', script, 'sh', process.execPath, 'src/main.ts', ...words], {
      env: { PATH: process.env.PATH, ...broken, EGRESS_ROUTER_MODE: 'init' },
      encoding: 'utf8',
    }).stdout;
  };
  for (const words of [['setup'], []]) {
    assert.match(inPod(words), /^EGRESS_GATEWAY: .*\[GATEWAY_INVALID\]\nEGRESS_DESTINATION:2: .*\nEGRESS_DESTINATION:3: .*\n$/);
  }
  assert.equal(inPod(['plan']), '');
});
