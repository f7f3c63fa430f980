import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openProxy } from './proxy.ts';
import { refused } from './refused.ts';
import { openDestination, statusOf } from './sockets.ts';

const loopback = ['127.0.0.1', '127.0.0.2', '[::1]', '0.0.0.0', '[::]', '[::ffff:127.0.0.1]', 'self.example'];
const ofPod = ['192.0.2.5', '[::ffff:192.0.2.5]', '[64:ff9b::c000:205]', '[2001:db8::5]', 'pod.example', 'pod6.example'];

for (const [what, portOf] of [
  ['the port of the proxy', (proxy: number, _health: number) => proxy],
  ['the port of /healthz', (_proxy: number, health: number) => health],
] as const) {
  test(`own listeners: ${what} is 403 on every address of the pod, even where an address rule opens it`, async (t) => {
    const health = await openDestination(t);
    const proxy = await openProxy(t, {
      rules: ['127.0.0.0/8', '::1', '0.0.0.0', '::', '192.0.2.5', '2001:db8::5'],
      hosts: { 'self.example': ['127.0.0.1', '::1'], 'pod.example': ['192.0.2.5'], 'pod6.example': ['2001:db8::5'] },
      ownAddresses: ['127.0.0.1', '::1', '192.0.2.5', '2001:db8::5'],
      settings: { healthPort: health.port },
    });
    for (const host of [...loopback, ...ofPod]) {
      for (const response of await refused(t, proxy, health, `${host}:${portOf(proxy.port, health.port)}`)) {
        assert.equal(statusOf(response), 403, host);
        assert.match(response, /error=proxy_loop_detected/);
      }
    }
  });
}

test('own listeners: an address that the pod gets or loses is known within two seconds', async (t) => {
  const destination = await openDestination(t);
  const ownAddresses = ['192.0.2.5'];
  const proxy = await openProxy(t, { rules: ['192.0.2.0/24', '2001:db8::/64'], ownAddresses });
  const statuses = async () => {
    const responses = await Promise.all(
      ['192.0.2.5', '192.0.2.6', '[2001:db8::6]'].map((host) => refused(t, proxy, destination, `${host}:${proxy.port}`)),
    );
    return responses.flat().map(statusOf);
  };
  // Without a route, what is allowed is 503.
  assert.deepEqual(await statuses(), [403, 403, 503, 503, 503, 503]);
  ownAddresses.splice(0, 1, '192.0.2.6', '2001:db8::6');
  await new Promise((resolve) => setTimeout(resolve, 1_100));
  assert.deepEqual(await statuses(), [503, 503, 403, 403, 403, 403]);
});
