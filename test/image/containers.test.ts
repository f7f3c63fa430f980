import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { suite, test } from 'node:test';
import { addresses } from '../../lab/addresses.ts';
import type { HostProcess } from '../../lab/host-process.ts';
import { buildLab, type Lab } from '../../lab/lab.ts';
import { serve } from '../../lab/serve.ts';
import type { Mode } from '../../src/config/router-config.ts';
import { curlWords } from '../e2e/requests.ts';
import { initVariables, mainVariables } from '../e2e/router-pod.ts';
import { mustRun, run, setupCapabilities, start, startReady, users } from './router-containers.ts';

const { lan, subnet } = addresses.ipv4;
const modes = ['redirect', 'http-proxy', 'dns-proxy'] as const satisfies readonly Mode[];

/** A request of the client, which the server outside admits from the source IP alone. */
async function request(lab: Lab, mode: Mode): Promise<void> {
  // By a tunnel, HTTP mode needs no names.
  const words = curlWords(mode, { from: 'client', router: subnet.router, family: 'ipv4', tunnel: mode === 'http-proxy' }, '/');
  await lab.host('client').output('curl', words);
}

function serveOutside(lab: Lab) {
  return serve(lab.host('outside'), [{ kind: 'http', port: 80, admit: [lan.source] }]);
}

/** What the manifests say where `setup` must not write below /proc/sys: `securityContext.sysctls`. */
async function allowLowPorts(lab: Lab): Promise<void> {
  await lab.host('router').output('sh', ['-c', 'echo 0 > /proc/sys/net/ipv4/ip_unprivileged_port_start']);
}

/** The process's status as the kernel tells it (proc_pid_status(5)). */
function statusOf(container: HostProcess): Map<string, string> {
  const children = readdirSync(`/proc/${container.pid}/task`).flatMap((task) =>
    readFileSync(`/proc/${container.pid}/task/${task}/children`, 'utf8').split(' ').filter(Boolean),
  );
  const lines = readFileSync(`/proc/${children[0]}/status`, 'utf8').trim().split('\n');
  return new Map(lines.map((line) => [line.split(':')[0] ?? '', line.split(':')[1]?.trim() ?? '']));
}

suite('containers of the image', { concurrency: 3 }, () => {
  for (const mode of modes) {
    test(`${mode}: setup with NET_ADMIN and NET_RAW alone, run as any user without capabilities; read-only roots and seccomp for both`, async () => {
      await using lab = await buildLab();
      await using _server = await serveOutside(lab);
      await allowLowPorts(lab);
      await mustRun(lab, { env: initVariables(lab, mode), capabilities: setupCapabilities });
      for (const user of users) {
        const main = await startReady(lab, { args: ['run'], env: mainVariables(lab, mode), ...user, capabilities: [] });
        const status = statusOf(main);
        assert.deepEqual(
          ['CapPrm', 'CapEff', 'CapBnd', 'NoNewPrivs', 'Seccomp'].map((name) => status.get(name)),
          [...Array(3).fill('0000000000000000'), '1', '2'],
        );
        await request(lab, mode);
        main.kill('SIGTERM');
        assert.deepEqual(await main.exit, { code: 0, signal: null }, main.stderr);
      }
    });

    test(`${mode}: a privileged setup as in old manifests; it opens low ports and switches forwarding on by itself`, async () => {
      await using lab = await buildLab({ ipv4Forwarding: false });
      await using _server = await serveOutside(lab);
      await mustRun(lab, { command: ['/bin/egress-router.sh'], env: initVariables(lab, mode), capabilities: 'privileged' });
      const command = mode === 'redirect' ? {} : { command: [`/bin/egress-${mode}.sh`] };
      const main = await startReady(lab, { ...command, env: mainVariables(lab, mode), ...users[0], capabilities: [] });
      await request(lab, mode);
      main.kill('SIGTERM');
      assert.deepEqual(await main.exit, { code: 0, signal: null }, main.stderr);
    });
  }

  test('legacy mode: one privileged container with the name of the original program sets up, stays and carries', async () => {
    await using lab = await buildLab({ ipv4Forwarding: false });
    await using _server = await serveOutside(lab);
    const env = { ...initVariables(lab, 'redirect'), EGRESS_ROUTER_MODE: 'legacy' };
    await startReady(lab, { command: ['/bin/egress-router.sh'], env, capabilities: 'privileged' });
    await request(lab, 'redirect');
  });

  test('instead of a pause container: without arguments and variables it stays, as any user and before there is a network, until SIGTERM', async () => {
    await using lab = await buildLab();
    for (const user of users) {
      const main = await start(lab, { ...user, capabilities: [] });
      await main.line('waiting for setup');
      main.kill('SIGTERM');
      assert.deepEqual(await main.exit, { code: 0, signal: null }, main.stderr);
    }
  });

  test('setup: another user than root gets no capability in Kubernetes, is refused, and is told to be root', async () => {
    await using lab = await buildLab();
    const [user = { uid: 0, gid: 0 }] = users;
    const capabilities = user.uid === 0 ? [] : setupCapabilities;
    const { code, stderr } = await run(lab, { env: initVariables(lab, 'redirect'), ...user, capabilities });
    assert.equal(code, 1);
    assert.match(stderr, /runAsUser: 0.* \[PERMISSION_DENIED\]/s);
  });

  test('setup: where forwarding is off and /proc/sys is read-only, it says what switches it on', async () => {
    await using lab = await buildLab({ ipv4Forwarding: false });
    const { code, stderr } = await run(lab, { env: initVariables(lab, 'redirect'), capabilities: setupCapabilities });
    assert.equal(code, 1);
    assert.match(stderr, /ip_forward.*tuning/s);
  });
});
