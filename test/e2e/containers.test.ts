import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { addresses } from '../../lab/addresses.ts';
import { buildLab } from '../../lab/lab.ts';
import { serve } from '../../lab/serve.ts';
import { untilReadiness } from './readiness.ts';
import { curlWords } from './requests.ts';
import { initVariables, runInit, untilReady } from './router-pod.ts';

const { source } = addresses.ipv4.lan;
const request = curlWords('redirect', { from: 'client', router: addresses.ipv4.subnet.router, family: 'ipv4', tunnel: false }, '/');

suite('containers without a command', { concurrency: 3 }, () => {
  for (const mode of ['redirect', 'http-proxy', 'dns-proxy'] as const) {
    test(`the init container of ${mode} ends with 0, and again when it is started again`, async () => {
      await using lab = await buildLab();
      for (const changed of [true, false]) {
        const { code, stdout, stderr } = await runInit(lab, mode);
        assert.equal(code, 0, stderr);
        const last = JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '');
        assert.equal(last.changed, changed, stdout);
      }
    });
  }

  for (const word of ['', 'legacy']) {
    test(`the single container of mode '${word}' sets up, stays, carries, and ends with 0 at SIGTERM`, async () => {
      await using lab = await buildLab({ podNetwork: 'calico' });
      await using _server = await serve(lab.host('outside'), [{ kind: 'http', port: 80, admit: [source] }]);
      const env = { ...initVariables(lab, 'redirect'), EGRESS_ROUTER_MODE: word, EGRESS_WATCH_INTERVAL: '200ms' };
      const container = lab.attach(
        await lab.host('router').spawn('bin/egress-router', [], { env, capabilities: ['net_admin', 'net_raw'] }),
      );
      await untilReady(container);
      await lab.host('client').output('curl', request);
      assert.ok(container.isRunning);
      // It has what it takes to repair the network.
      await lab.host('router').output('ip', ['link', 'set', 'macvlan0', 'down']);
      await untilReadiness(lab, 503);
      await untilReadiness(lab, 200);
      await lab.host('client').output('curl', request);
      container.kill('SIGTERM');
      assert.deepEqual(await container.exit, { code: 0, signal: null });
    });
  }
});
