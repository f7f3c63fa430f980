import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { startProxy } from './child-proxy.ts';
import { openClient, openDestination } from './sockets.ts';

const count = 1_000;

/** Twice what one takes; a buffer of its own would be more. In kB. */
const most = 40;

/** Memory of a process besides its files, in kB (proc_pid_smaps_rollup). */
function memoryOf(pid: number | undefined): number {
  return Number(/^Anonymous:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))?.[1]);
}

test(`idle tunnels: a thousand take less than ${most} kB each`, async (t) => {
  const destination = await openDestination(t);
  const settings = { httpClientTunnels: 2 * count };
  const { child, port } = await startProxy(t, '', ['127.0.0.2'], { settings });
  const memoryWithMore = async () => {
    for (let opened = 0; opened < count; opened += 50) {
      await Promise.all(
        Array.from({ length: 50 }, async () => {
          const client = await openClient(t, port);
          client.socket.write(`CONNECT ${destination.authority} HTTP/1.1\r\nHost: x\r\n\r\n`);
          await client.waitFor('HTTP/1.1 200');
        }),
      );
    }
    await sleep(300);
    return memoryOf(child.pid);
  };
  // The first thousand bring what is there once for all.
  const before = await memoryWithMore();
  const each = ((await memoryWithMore()) - before) / count;
  assert.ok(each < most, `${each} kB each`);
});
