import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { type ChildProxy, startProxy } from './child-proxy.ts';
import { openClient, openDestination, until } from './sockets.ts';

/** Enough for what is not a tunnel's to be little of it, and few enough for the descriptors of this process. */
const count = 2_000;

/** Bytes of memory that the process alone has, without garbage. */
async function memoryOf({ child, lines }: ChildProxy): Promise<number> {
  const told = lines.length;
  child.kill('SIGUSR2');
  await until(() => lines.indexOf('collected', told) !== -1);
  const [, kilobytes] = /^RssAnon:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8')) ?? [];
  return Number(kilobytes) * 1_024;
}

test(`idle tunnels: each of ${count} takes at most 15 kB`, async (t) => {
  const destination = await openDestination(t);
  // Else the heap's young generation grows by 32 MB meanwhile, however many tunnels there are.
  const proxy = await startProxy(t, 'export NODE_OPTIONS="--max-semi-space-size=1 --expose-gc";', '127.0.0.2');
  const openTunnels = async (tunnels: number) => {
    for (let open = 0; open < tunnels; open += 100) {
      await Promise.all(
        Array.from({ length: 100 }, async () => {
          const client = await openClient(t, proxy.port);
          client.socket.write(`CONNECT ${destination.authority} HTTP/1.1\r\nHost: x\r\n\r\n`);
          await client.waitFor('HTTP/1.1 200');
        }),
      );
    }
  };
  // The first ones bring code and heap that all of them share.
  await openTunnels(500);
  const before = await memoryOf(proxy);
  await openTunnels(count);
  const each = ((await memoryOf(proxy)) - before) / count;
  assert.ok(each <= 15_000, `${Math.round(each)} bytes a tunnel`);
  assert.ok(each > 1_000, `${Math.round(each)} bytes a tunnel are none`);
});
