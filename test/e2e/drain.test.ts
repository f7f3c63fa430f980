import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { addresses } from '../../lab/addresses.ts';
import { capture } from '../../lab/capture.ts';
import type { HostProcess } from '../../lab/host-process.ts';
import { buildLab, type Lab } from '../../lab/lab.ts';
import { serve } from '../../lab/serve.ts';
import type { Mode } from '../../src/config/router-config.ts';
import { knock } from './knock.ts';
import { readiness } from './readiness.ts';
import { echoPort, patience, setUp, startMain, untilReady } from './router-pod.ts';
import { openStream, say } from './streams.ts';

/** A router with an open connection through it. */
interface Carrying {
  readonly lab: Lab;
  readonly main: HostProcess;
  readonly stream: HostProcess;
}

async function startCarrying(mode: Mode, variables: Readonly<Record<string, string>> = {}): Promise<Carrying> {
  const lab = await buildLab();
  lab.attach(await serve(lab.host('outside'), [{ kind: 'tcp-echo', port: 7 }]));
  await setUp(lab, mode);
  const main = await startMain(lab, mode, { variables });
  await untilReady(main);
  return { lab, main, stream: await openStream(lab, mode, 'ipv4') };
}

suite('run, when it ends', { concurrency: 4 }, () => {
  const workers = { EGRESS_HTTP_PROXY_WORKERS: '2' };
  for (const [kind, mode, variables] of [
    ['http-proxy', 'http-proxy', {}],
    ['http-proxy of two workers', 'http-proxy', workers],
    ['dns-proxy', 'dns-proxy', {}],
  ] as const) {
    test(`${kind}: SIGTERM makes it unready and closes its port; an open connection goes on, and with its end the process ends with 0`, async () => {
      const { lab, main, stream } = await startCarrying(mode, variables);
      await using _ = lab;
      assert.deepEqual(await readiness(lab), { status: 200, reasons: [] });
      main.kill('SIGTERM');
      await main.line('"msg":"draining"', 'stdout', patience);
      assert.deepEqual(await readiness(lab), { status: 503, reasons: ['draining'] });
      const { router } = addresses.ipv4.subnet;
      const port = echoPort(mode, 'ipv4');
      assert.deepEqual(await knock(lab.host('client'), [{ protocol: 'tcp', address: router, port }]), [
        `tcp ${router} ${port}: ECONNREFUSED`,
      ]);
      await say(stream, 'still open');
      stream.endInput();
      assert.deepEqual(await stream.exit, { code: 0, signal: null });
      assert.deepEqual(await main.exit, { code: 0, signal: null });
    });

    test(`${kind}: when the grace period is over, open connections are reset and the process ends`, async () => {
      const { lab, main } = await startCarrying(mode, { ...variables, EGRESS_GRACE_PERIOD: '300ms' });
      await using _ = lab;
      await using watched = await capture(lab.host('client'), { iface: 'eth0', filter: 'tcp' });
      main.kill('SIGTERM');
      assert.deepEqual(await main.exit, { code: 0, signal: null });
      await watched.until(({ isOwn, flags }) => !isOwn && flags.includes('R'), patience);
    });

    test(`${kind}: a second SIGTERM ends it at once, with 143`, async () => {
      const { lab, main } = await startCarrying(mode, variables);
      await using _ = lab;
      main.kill('SIGTERM');
      await main.line('"msg":"draining"', 'stdout', patience);
      main.kill('SIGTERM');
      assert.deepEqual(await main.exit, { code: 143, signal: null });
    });
  }

  test('redirect: SIGTERM ends it with 0, and what the kernel carries goes on', async () => {
    const { lab, main, stream } = await startCarrying('redirect');
    await using _ = lab;
    main.kill('SIGTERM');
    assert.deepEqual(await main.exit, { code: 0, signal: null });
    await say(stream, 'still open');
  });
});
