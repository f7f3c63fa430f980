import assert from 'node:assert/strict';
import { test } from 'node:test';
import { noticeUnknownVariables } from './unknown-variables.ts';
import { plainVariables, settingVariables } from './variables.ts';

const misspelt: [name: string, meant: string | undefined][] = [
  ['EGRESS_HTTP_PROXY_CLIENT', 'EGRESS_HTTP_PROXY_CLIENTS'],
  ['EGRESS_HTTP_PROXY_WORKER', 'EGRESS_HTTP_PROXY_WORKERS'],
  ['EGRESS_HTTP-PROXY_USERS_FILE', 'EGRESS_HTTP_PROXY_USERS_FILE'],
  ['EGRESS_SUORCE', 'EGRESS_SOURCE'],
  ['EGRESS_CLUSTER_CIDR', 'EGRESS_CLUSTER_CIDRS'],
  ['EGRESS_HTTP_PROXY_USERS', 'EGRESS_HTTP_PROXY_USERS_FILE'],
  ['EGRESS_HTTP_PROXY_CLIENTS_FILE', 'EGRESS_HTTP_PROXY_CLIENTS'],
  ['EGRESS_HTTPS_PROXY_PORT', 'EGRESS_HTTP_PROXY_PORT'],
  ['EGRESS_HTTP_PROXY_HEADER', undefined],
  ['EGRESS_SOMETHING_ELSE', undefined],
  ['EGRESS_', undefined],
];
for (const [name, meant] of misspelt) {
  test(`noticeUnknownVariables: ${name} looks like ${meant ?? 'none'}`, () => {
    const second = meant === undefined ? '' : `; ${meant} is`;
    assert.deepEqual(noticeUnknownVariables({ [name]: '1' }), [`${name} is no variable of the router${second}`]);
  });
}

test('noticeUnknownVariables: nothing is said of our variables, of others than EGRESS_, and of a name that would not be one line', () => {
  const ours = [...Object.keys(plainVariables), ...Object.values(settingVariables).map(({ name }) => name)];
  const others = ['PATH', 'KUBERNETES_SERVICE_HOST', 'MY_EGRESS_SOURCE', 'EGRESS', 'EGRESS_A\nB', 'EGRESS_\x1b[31m'];
  assert.deepEqual(noticeUnknownVariables(Object.fromEntries([...ours, ...others].map((name) => [name, 'x']))), []);
});

test('noticeUnknownVariables: nothing is said of what Kubernetes sets for a Service, but of a port that somebody chose', () => {
  const link = 'tcp://10.96.3.7:8080';
  const service = {
    EGRESS_ROUTER_SERVICE_HOST: '10.96.3.7',
    EGRESS_ROUTER_SERVICE_PORT: '8080',
    EGRESS_ROUTER_SERVICE_PORT_WEB_TLS: '8080',
    EGRESS_ROUTER_PORT: link,
    EGRESS_ROUTER_PORT_8080_TCP: link,
    EGRESS_ROUTER_PORT_8080_TCP_PROTO: 'tcp',
    EGRESS_ROUTER_PORT_8080_TCP_PORT: '8080',
    EGRESS_ROUTER_PORT_8080_TCP_ADDR: '10.96.3.7',
    EGRESS_ROUTER_PORT_53_UDP: 'udp://10.96.3.7:53',
  };
  assert.deepEqual(noticeUnknownVariables(service), []);
  assert.deepEqual(noticeUnknownVariables({ EGRESS_HTTPPROXY_PORT: '3128' }), [
    'EGRESS_HTTPPROXY_PORT is no variable of the router; EGRESS_HTTP_PROXY_PORT is',
  ]);
});
