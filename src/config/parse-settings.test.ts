import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseSettings } from './parse-settings.ts';
import { settingVariables } from './variables.ts';

test('parseSettings: without variables, every setting has its default', () => {
  assert.deepEqual(parseSettings({}), {
    value: {
      clusterInterface: 'eth0',
      externalInterface: 'macvlan0',
      logLevel: 'info',
      healthPort: 9090,
      gracePeriod: 25_000,
      duplicateCheck: 'on',
      duplicateCheckTimeout: 60_000,
      announceInterval: 60_000,
      watchInterval: 5_000,
      connectTimeout: 10_000,
      dnsTimeout: 5_000,
      idleTimeout: 3_600_000,
      httpProxyPort: 8080,
      httpWorkers: 1,
      httpHeaderTimeout: 30_000,
      httpKeepAliveTimeout: 60_000,
      httpLingerTimeout: 2_000,
      httpHeaderSize: 65_536,
      httpHeaderFields: 2_000,
      httpConnections: 20_000,
      httpClientTunnels: 10_000,
      httpClientRequests: 2_000,
      httpTlsServerName: 'enforce',
      dnsProxyRetries: 3,
      dnsProxyCheckInterval: 2_000,
      dnsProxyCheckFall: 3,
      dnsProxyCheckRise: 2,
      dnsProxyHold: 30_000,
    },
    problems: [],
    notices: [],
    healthPortChosen: false,
  });
});

test('parseSettings: each variable sets its own member and no other', () => {
  const other: Readonly<Record<string, string>> = {
    clusterInterface: 'net7',
    externalInterface: 'net8',
    logLevel: 'warn',
    duplicateCheck: 'off',
    httpTlsServerName: 'report',
  };
  const standard = parseSettings({}).value;
  for (const [member, { name, kind }] of Object.entries(settingVariables)) {
    const text = other[member] ?? (kind.parse('7s') === undefined ? '7' : '7s');
    const { value, problems } = parseSettings({ [name]: text });
    assert.deepEqual(problems, []);
    assert.deepEqual(value, { ...standard, [member]: kind.parse(text)?.value }, name);
    assert.notDeepEqual(value, standard, name);
  }
});

test('parseSettings: blanks around a value do not count, and a variable that is set to nothing is unset', () => {
  assert.equal(parseSettings({ EGRESS_GRACE_PERIOD: ' 3s\n' }).value.gracePeriod, 3_000);
  assert.deepEqual(parseSettings({ EGRESS_GRACE_PERIOD: '', EGRESS_HEALTH_PORT: ' ' }), parseSettings({}));
});

test('parseSettings: every bad value is a problem of its own that says what is accepted', () => {
  const { problems } = parseSettings({ EGRESS_GRACE_PERIOD: '25', EGRESS_LOG_LEVEL: 'trace', EGRESS_HTTP_PROXY_PORT: '0' });
  assert.deepEqual(problems, [
    {
      code: 'SETTING_INVALID',
      variable: 'EGRESS_LOG_LEVEL',
      line: undefined,
      value: 'trace',
      message: "EGRESS_LOG_LEVEL value 'trace' is invalid",
      accepted: 'one of debug, info, warn, error',
    },
    {
      code: 'SETTING_INVALID',
      variable: 'EGRESS_GRACE_PERIOD',
      line: undefined,
      value: '25',
      message: "EGRESS_GRACE_PERIOD value '25' is invalid",
      accepted: 'a duration from 0s to 576h, such as 250ms, 10s, 1m or 1h',
    },
    {
      code: 'SETTING_INVALID',
      variable: 'EGRESS_HTTP_PROXY_PORT',
      line: undefined,
      value: '0',
      message: "EGRESS_HTTP_PROXY_PORT value '0' is invalid",
      accepted: 'a port from 1 to 65535',
    },
  ]);
});

test('parseSettings: the two sides cannot share an interface', () => {
  const { problems } = parseSettings({ EGRESS_EXTERNAL_INTERFACE: 'eth0' });
  assert.deepEqual(
    problems.map(({ message }) => message),
    ["EGRESS_EXTERNAL_INTERFACE value 'eth0' is invalid: it is the interface on the cluster side"],
  );
});

test('parseSettings: either debug variable with any text in it means log level debug', () => {
  for (const name of ['EGRESS_ROUTER_DEBUG', 'EGRESS_DNS_PROXY_DEBUG']) {
    assert.equal(parseSettings({ [name]: '0', EGRESS_LOG_LEVEL: 'error' }).value.logLevel, 'debug');
    assert.equal(parseSettings({ [name]: '' }).value.logLevel, 'info');
    assert.equal(parseSettings({ [name]: '1', EGRESS_LOG_LEVEL: 'trace' }).problems.length, 1);
  }
});

test('parseSettings: what Kubernetes sets for a Service named egress-http-proxy or egress-health is no choice of the user', () => {
  const { value, problems, notices, healthPortChosen } = parseSettings({
    EGRESS_HTTP_PROXY_PORT: 'tcp://10.96.3.7:8080',
    EGRESS_HEALTH_PORT: 'tcp://10.96.3.8:9999',
  });
  assert.deepEqual([value.httpProxyPort, value.healthPort, healthPortChosen, problems], [8080, 9090, false, []]);
  assert.deepEqual(notices, [
    "EGRESS_HEALTH_PORT is 9090: the value 'tcp://10.96.3.8:9999' is from Kubernetes, for a Service of that name",
    "EGRESS_HTTP_PROXY_PORT is 8080: the value 'tcp://10.96.3.7:8080' is from Kubernetes, for a Service of that name",
  ]);
});
