import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import type { TestProxy } from './proxy.ts';
import { type Destination, exchange } from './sockets.ts';

/** Asks for a host and port in both ways that lead somewhere; neither may reach the destination. */
export async function refused(t: TestContext, proxy: TestProxy, destination: Destination, authority: string): Promise<string[]> {
  const absolute = await exchange(t, proxy.port, `GET http://${authority}/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);
  const connect = await exchange(t, proxy.port, `CONNECT ${authority} HTTP/1.1\r\nHost: x\r\n\r\nEARLY`);
  assert.equal(destination.sockets.length, 0, 'the destination was connected');
  return [absolute, connect];
}
