import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addresses, type Family } from '../../lab/addresses.ts';
import { buildLab } from '../../lab/lab.ts';
import type { LabOptions } from '../../lab/options.ts';
import { serve } from '../../lab/serve.ts';
import { networkText, patience, setupLines, sourceVariables } from './router-pod.ts';

const { ipv4, ipv6 } = addresses;
const families: readonly Family[] = ['ipv4', 'ipv6'];
/** A TCP client that stays: what it gets on standard input goes to the server, what the server says goes to standard output. */
const tcpClient = (host: string, port: number) =>
  `const s=require('net').connect(${port},'${host}');process.stdin.pipe(s).pipe(process.stdout)`;

const networks: readonly LabOptions[] = [
  { podNetwork: 'openshift-sdn', family: 'dual', rpFilter: 0, macvlanState: 'bare' },
  { podNetwork: 'calico', family: 'dual', rpFilter: 1, macvlanState: 'multus' },
];

for (const options of networks) {
  const { podNetwork, macvlanState } = options;
  test(`setup on ${podNetwork}, macvlan0 ${macvlanState}: a second run changes nothing, says so, and open connections live through it`, async () => {
    await using lab = await buildLab(options);
    const router = lab.host('router');
    const [v4, v6] = [ipv4.outside.servers[0], ipv6.outside.servers[0]];
    const variables = {
      ...sourceVariables('ipv4', 'ipv6'),
      EGRESS_ROUTER_MODE: 'init',
      EGRESS_DESTINATION: `7 tcp ${v4}\n7 tcp ${v6}\n8000-8100 udp ${v4}\n${v4}`,
    };
    const first = await setupLines(router, variables);
    assert.equal(first.at(-1)?.changed, true);

    lab.attach(
      await serve(lab.host('outside'), [{ kind: 'tcp-echo', port: 7, admit: families.map((family) => addresses[family].lan.source) }]),
    );
    const clients = await Promise.all(
      families.map((family) =>
        lab.host('client').spawn(process.execPath, ['-e', tcpClient(addresses[family].subnet.router, 7)], { keepInput: true }),
      ),
    );
    for (const client of clients) {
      client.write('before\n');
      await client.line('before', 'stdout', patience);
    }

    const before = await networkText(router);
    const second = await setupLines(router, variables);
    assert.equal(await networkText(router), before);
    assert.deepEqual(
      second.filter((line) => line.changed === true),
      [],
    );
    assert.match(second.at(-1)?.msg ?? '', /nothing to change/);
    for (const client of clients) {
      client.write('after\n');
      await client.line('after', 'stdout', patience);
    }
  });
}

test('setup: each step logs one line, in the order of the plan', async () => {
  await using lab = await buildLab();
  const lines = await setupLines(lab.host('router'), { ...sourceVariables('ipv4'), EGRESS_DUPLICATE_CHECK: 'off' });
  const steps = [
    'interfaces',
    'unreachable-routes',
    'tables',
    'policy-rules',
    'sysctls',
    'link',
    'strays',
    'address',
    'routes',
    'announce',
  ];
  assert.deepEqual(
    lines.map(({ step }) => step),
    [...steps, undefined],
  );
});

test('setup: what Multus IPAM and router advertisements left on macvlan0 is gone from main, the source IP is not', async () => {
  await using lab = await buildLab({ family: 'dual', macvlanState: 'multus' });
  const router = lab.host('router');
  await router.output('ip', ['address', 'add', '192.168.12.77/24', 'dev', 'macvlan0']);
  await router.output('ip', ['-6', 'address', 'add', '2001:db8:12::77/64', 'dev', 'macvlan0', 'nodad']);
  await router.output('ip', ['-6', 'route', 'add', 'default', 'via', 'fe80::1', 'dev', 'macvlan0', 'proto', 'ra', 'metric', '512']);
  await setupLines(router, { ...sourceVariables('ipv4', 'ipv6'), EGRESS_DUPLICATE_CHECK: 'off' });

  const routes = async (family: string) =>
    (await router.output('ip', [family, 'route', 'show', 'table', 'main', 'dev', 'macvlan0'])).trim();
  assert.equal(await routes('-4'), '');
  assert.match(await routes('-6'), /^fe80::\/64 proto kernel[^\n]*$/);
  const listed = await router.output('ip', ['-brief', 'address', 'show', 'dev', 'macvlan0', 'scope', 'global']);
  assert.deepEqual(listed.match(/[0-9a-f:.]+\/\d+/g), [`${ipv4.lan.source}/32`, `${ipv6.lan.source}/64`]);

  // Down and up, the kernel would put the prefix routes back.
  await router.output('ip', ['link', 'set', 'macvlan0', 'down']);
  await router.output('ip', ['link', 'set', 'macvlan0', 'up']);
  assert.equal(await routes('-4'), '');
});

test('setup: without NET_ADMIN it fails with what to give it, and leaves nothing', async () => {
  await using lab = await buildLab();
  const router = lab.host('router');
  const before = await networkText(router);
  const { code, stderr } = await router.run(process.execPath, ['src/main.ts', 'setup'], {
    env: sourceVariables('ipv4'),
    capabilities: ['net_raw'],
  });
  assert.equal(code, 1);
  assert.match(stderr, /Operation not permitted.*NET_ADMIN and NET_RAW.*PERMISSION_DENIED/s);
  assert.equal(await networkText(router), before);
});

test('setup: without macvlan0 it says what makes it and what is there instead', async () => {
  await using lab = await buildLab();
  const router = lab.host('router');
  await router.output('ip', ['link', 'delete', 'macvlan0']);
  const { code, stderr } = await router.run(process.execPath, ['src/main.ts', 'setup'], { env: sourceVariables('ipv4') });
  assert.equal(code, 1);
  assert.match(stderr, /no interface 'macvlan0'; there are: lo 127\.0\.0\.1.*eth0 10\.128\.0\.10/s);
  assert.match(stderr, /k8s\.v1\.cni\.cncf\.io\/networks: <attachment>@macvlan0.*assign-macvlan: "true".*INTERFACE_MISSING/s);
});

test('setup: forwarding that is off and cannot be written is refused by name, before the source IP is claimed', async () => {
  await using lab = await buildLab({ family: 'ipv6' });
  const router = lab.host('router');
  const variables = { ...sourceVariables('ipv6'), EGRESS_ROUTER_MODE: 'init', EGRESS_DESTINATION: ipv6.outside.servers[0] };
  // As the container runtime mounts it in a container that is not privileged.
  const script = 'mount --bind /proc/sys /proc/sys && mount -o remount,ro,bind /proc/sys && exec "$0" src/main.ts setup';
  const { code, stderr } = await router.run('unshare', ['--mount', 'sh', '-c', script, process.execPath], { env: variables });
  assert.equal(code, 1);
  assert.match(stderr, /net\.ipv6\.conf\.all\.forwarding is 0, must be 1.*"type": "tuning".*FORWARDING_OFF/s);
  assert.doesNotMatch(await router.output('ip', ['address', 'show', 'dev', 'macvlan0']), new RegExp(ipv6.lan.source));
});
