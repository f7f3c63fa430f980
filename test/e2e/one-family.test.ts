import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { addresses } from '../../lab/addresses.ts';
import { buildLab, type Lab } from '../../lab/lab.ts';
import { serve } from '../../lab/serve.ts';
import { watchLeaks } from '../../lab/watch-leaks.ts';
import type { Mode } from '../../src/config/router-config.ts';
import { knock } from './knock.ts';
import { curlWords } from './requests.ts';
import { setUp, startMain, untilReady } from './router-pod.ts';

const { ipv4, ipv6 } = addresses;
const [v4] = ipv4.outside.servers;
const [v6] = ipv6.outside.servers;

/** Lists of a pod whose only source IP is IPv4. A proxy cannot know that of its destinations, and is asked for IPv6. */
const lists: Readonly<Record<Mode, Readonly<Record<string, string>>>> = {
  redirect: {},
  'http-proxy': { EGRESS_HTTP_PROXY_DESTINATION: `${v4}\n${v6}` },
  'dns-proxy': { EGRESS_DNS_PROXY_DESTINATION: `80 ${v4}\n81 ${v6} 80` },
};

suite('a source IP of one family in a dual-stack pod', { concurrency: 3 }, () => {
  for (const mode of ['redirect', 'http-proxy', 'dns-proxy'] as const) {
    test(`${mode}: IPv4 leaves from the source IP; IPv6 does not leave at all, neither from clients nor from the pod itself`, async () => {
      await using lab = await buildLab({ podNetwork: 'calico', family: 'dual' });
      await using server = await serve(lab.host('outside'), [
        { kind: 'http', port: 80 },
        { kind: 'udp-echo', port: 7 },
      ]);
      await setUp(lab, mode, {
        variables: {
          EGRESS_SOURCE: `${ipv4.lan.source}/24`,
          EGRESS_GATEWAY: ipv4.lan.gateway,
          ...(mode === 'redirect' ? { EGRESS_DESTINATION: `80 tcp ${v4}` } : {}),
        },
      });
      const main = await startMain(lab, mode, { variables: lists[mode] });
      await untilReady(main);
      await using watch = await watchLeaks(lab);
      const client = lab.host('client');

      const request = (family: 'ipv4' | 'ipv6') =>
        curlWords(mode, { from: 'client', router: addresses[family].subnet.router, family, tunnel: true }, `/${family}`);
      await client.output('curl', request('ipv4'));
      const refused = await client.run('curl', [...request('ipv6'), '--max-time', '2']);
      assert.notEqual(refused.code, 0);
      await proveConfined(lab);
      // Routing alone holds it too.
      await lab.host('router').output('nft', ['delete', 'table', 'inet', 'egress_router']);
      await proveConfined(lab);

      const { seen, leaks } = await watch.stop();
      assert.deepEqual(leaks, []);
      assert.deepEqual([...new Set(seen.map(({ source }) => source))], [ipv4.lan.source]);
      assert.deepEqual([...new Set(server.seen.map(({ source }) => source))], [ipv4.lan.source]);
    });
  }
});

/** What any process of the pod opens: to IPv4 it gets, to IPv6 it does not. */
async function proveConfined(lab: Lab): Promise<void> {
  const router = lab.host('router');
  const own = await knock(router, [
    { protocol: 'tcp', address: v6, port: 80 },
    { protocol: 'udp', address: v6, port: 7 },
    { protocol: 'tcp', address: v4, port: 80 },
    { protocol: 'udp', address: v4, port: 7 },
  ]);
  assert.deepEqual(
    own.map((line) => line.endsWith(': open')),
    [false, false, true, true],
  );
  assert.notEqual((await router.run('ping', ['-6', '-c', '1', '-W', '1', v6])).code, 0);
  await router.output('ping', ['-4', '-c', '1', '-W', '1', v4]);
}
