import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { suite, test } from 'node:test';
import { addresses, type Family } from '../../lab/addresses.ts';
import type { Host } from '../../lab/host.ts';
import { buildLab } from '../../lab/lab.ts';
import { serve } from '../../lab/serve.ts';
import type { Mode } from '../../src/config/router-config.ts';
import { curlWords } from './requests.ts';
import { startRouterPod } from './router-pod.ts';

const modes: readonly Mode[] = ['redirect', 'http-proxy', 'dns-proxy'];
const families: readonly Family[] = ['ipv4', 'ipv6'];
const megabyte = Buffer.alloc(1_000_000, 'egress');

/** The path MTU that a host has learned from an ICMP error about a destination; undefined = none. */
async function learnedMtu(host: Host, destination: string, ...options: readonly string[]): Promise<string | undefined> {
  return /\bmtu (\d+)/.exec(await host.output('ip', ['route', 'get', destination, ...options]))?.[1];
}

suite('path MTU', { concurrency: 3 }, () => {
  for (const mode of modes) {
    test(`${mode}: a megabyte goes through each way over a link of 1300 bytes`, async () => {
      await using lab = await buildLab({ podNetwork: 'calico', family: 'dual', rpFilter: 1, transitMtu: 1300 });
      const [client, router, outside] = [lab.host('client'), lab.host('router'), lab.host('outside')];
      await using server = await serve(outside, [{ kind: 'http', port: 80 }]);
      await startRouterPod(lab, mode);
      for (const family of families) {
        const { subnet, outside: beyond } = addresses[family];
        const [destination] = beyond.servers;
        const words = (path: string) => curlWords(mode, { from: 'client', router: subnet.router, family, tunnel: true }, path);

        await client.output('curl', [...words(`/upload/${family}`), '--data-binary', '@-'], { input: megabyte });
        const upload = await server.see((seen) => seen.event === 'request' && seen.target === `/upload/${family}`);
        assert.ok(upload.event === 'request');
        assert.equal(upload.bodyLength, megabyte.length);
        assert.equal(upload.bodySha256, createHash('sha256').update(megabyte).digest('hex'));
        // The gateway told whoever sends: the client, whose packets are only translated, or the proxy.
        const learned =
          mode === 'redirect' ? await learnedMtu(client, subnet.router) : await learnedMtu(router, destination, 'ipproto', 'tcp');
        assert.equal(learned, '1300');

        assert.equal((await client.output('curl', words('/bytes/1000000'))).length, 1_000_000);
      }
    });
  }

  test('redirect: where the pod network has the smaller MTU, the router tells the server, by the way that its packets came', async () => {
    await using lab = await buildLab({ family: 'dual', macvlanState: 'multus', rpFilter: 2 });
    await using _server = await serve(lab.host('outside'), [{ kind: 'http', port: 80 }]);
    await startRouterPod(lab, 'redirect');
    await lab.host('router').output('ip', ['link', 'set', 'eth0', 'mtu', '1300']);
    for (const family of families) {
      const { subnet, lan } = addresses[family];
      const words = curlWords('redirect', { from: 'client', router: subnet.router, family, tunnel: false }, '/bytes/1000000');
      assert.equal((await lab.host('client').output('curl', words)).length, 1_000_000);
      assert.equal(await learnedMtu(lab.host('outside'), lan.source), '1300');
    }
  });

  test('redirect: where the LAN has the smaller MTU, the router tells the client, by the way that its packets came', async () => {
    await using lab = await buildLab({ podNetwork: 'calico', family: 'dual', rpFilter: 1 });
    await using _server = await serve(lab.host('outside'), [{ kind: 'http', port: 80 }]);
    await startRouterPod(lab, 'redirect');
    await lab.host('router').output('ip', ['link', 'set', 'macvlan0', 'mtu', '1300']);
    for (const family of families) {
      const { subnet } = addresses[family];
      const words = curlWords('redirect', { from: 'client', router: subnet.router, family, tunnel: false }, `/upload/${family}`);
      await lab.host('client').output('curl', [...words, '--data-binary', '@-'], { input: megabyte });
      assert.equal(await learnedMtu(lab.host('client'), subnet.router), '1300');
    }
  });
});
