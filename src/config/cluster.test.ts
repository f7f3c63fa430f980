import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatPrefix } from '../net/prefix.ts';
import { parseCluster } from './cluster.ts';
import type { Environment } from './list-source.ts';
import { parseSourceIps } from './source-ip-variables.ts';

const parse = (env: Environment, resolvConf = '') => parseCluster(env, () => resolvConf, []);

test('parseCluster: nameservers are those of resolv.conf, each once, in its order', () => {
  const { value, notices } = parse(
    {},
    [
      'search default.svc.cluster.local svc.cluster.local',
      'nameserver 10.96.0.10',
      '# nameserver 192.0.2.1',
      '; nameserver 192.0.2.2',
      '\tnameserver\tfd00::10 # IPv6',
      'nameserver 10.96.0.10',
      'nameservers 192.0.2.3',
      'options ndots:5',
    ].join('\n'),
  );
  assert.deepEqual(
    value.nameservers.map(({ text }) => text),
    ['10.96.0.10', 'fd00::10'],
  );
  assert.deepEqual(notices, []);
});

test('parseCluster: a resolv.conf that cannot be read or is odd is told, one that is missing is not, and none is a problem', () => {
  const failing = (code: string) =>
    parseCluster({}, () => {
      throw Object.assign(new Error(`${code}: open '/etc/resolv.conf'`), { code });
    }, []);
  const missing = failing('ENOENT');
  const unreadable = failing('EACCES');
  assert.deepEqual([missing.value.nameservers, missing.notices], [[], []]);
  assert.deepEqual(unreadable.value.nameservers, []);
  assert.deepEqual(unreadable.notices, ["no nameservers are known: EACCES: open '/etc/resolv.conf'"]);
  const odd = parse({}, 'nameserver fe80::1%eth0\nnameserver 10.96.0.10\n');
  assert.equal(odd.value.nameservers.length, 1);
  assert.deepEqual(odd.notices, ["nameserver 'fe80::1%eth0' of /etc/resolv.conf is ignored: it is no address"]);
  assert.deepEqual([...missing.problems, ...unreadable.problems, ...odd.problems], []);
});

test('parseCluster: the Kubernetes API is known by address and port, and a name is told', () => {
  const api = (host: string, port: string) => parse({ KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port });
  assert.deepEqual([parse({}).value.apiServer, parse({}).notices], [undefined, []]);
  const { address, port } = api('10.96.0.1', '443').value.apiServer ?? {};
  assert.deepEqual([address?.text, port], ['10.96.0.1', 443]);
  assert.equal(api('fd00::1', '6443').value.apiServer?.address.text, 'fd00::1');
  for (const [host, text] of [
    ['api.example.com', '443'],
    ['10.96.0.1', 'https'],
  ] as const) {
    const { value, problems, notices } = api(host, text);
    assert.deepEqual([value.apiServer, problems], [undefined, []]);
    assert.deepEqual(notices, [`the Kubernetes API at '${host}' port '${text}' is ignored: it is no address and port`]);
  }
});

test('parseCluster: ranges are parted by commas or blanks, and one address is a range', () => {
  for (const text of ['10.128.0.0/14,172.30.0.1,fd01::/48', ' 10.128.0.0/14\n172.30.0.1 ,\tfd01::/48,']) {
    const { value, problems } = parse({ EGRESS_CLUSTER_CIDRS: text });
    assert.deepEqual(value.cidrs.map(formatPrefix), ['10.128.0.0/14', '172.30.0.1/32', 'fd01::/48']);
    assert.deepEqual(problems, []);
  }
  assert.deepEqual(parse({ EGRESS_CLUSTER_CIDRS: '' }).value.cidrs, []);
});

test('parseCluster: a range with bits set behind its length is a notice of what it means', () => {
  const { value, problems, notices } = parse({ EGRESS_CLUSTER_CIDRS: '10.129.0.7/14 fd01::/48' });
  assert.deepEqual([value.cidrs.map(formatPrefix), problems], [['10.128.0.0/14', 'fd01::/48'], []]);
  assert.deepEqual(notices, ['EGRESS_CLUSTER_CIDRS: 10.129.0.7/14 means 10.128.0.0/14']);
});

test('parseCluster: each bad range is a problem, and so is one that holds every address', () => {
  const { problems } = parse({ EGRESS_CLUSTER_CIDRS: '10.0.0.0/33, cluster.local 10.0.0.0/8 0.0.0.0/0 ::/0' });
  assert.deepEqual(
    problems.map(({ code, variable, value, message }) => [code, variable, value, message]),
    ['10.0.0.0/33', 'cluster.local', '0.0.0.0/0', '::/0'].map((value) => [
      'SETTING_INVALID',
      'EGRESS_CLUSTER_CIDRS',
      value,
      `EGRESS_CLUSTER_CIDRS value '${value}' is invalid`,
    ]),
  );
});

test('parseCluster: a range that holds the source IP or its gateway is a problem, one beside them is not', () => {
  const sources = parseSourceIps({ EGRESS_SOURCE: '10.12.0.99/24', EGRESS_GATEWAY: '10.12.0.1' }, true).value;
  const problemsOf = (cidrs: string) =>
    parseCluster({ EGRESS_CLUSTER_CIDRS: cidrs }, () => '', sources).problems.map(({ message }) => message);
  const why = "which is outside: traffic to that LAN would leave with the pod's address";
  assert.deepEqual(problemsOf('10.128.0.0/14 10.12.1.0/24 fd01::/48'), []);
  assert.deepEqual(problemsOf('10.0.0.0/8 10.12.0.1'), [
    `EGRESS_CLUSTER_CIDRS value '10.0.0.0/8' holds 10.12.0.99, ${why}`,
    `EGRESS_CLUSTER_CIDRS value '10.12.0.1' holds 10.12.0.1, ${why}`,
  ]);
});
