import assert from 'node:assert/strict';
import { Duplex } from 'node:stream';
import { test } from 'node:test';
import { connect } from 'node:tls';
import { readServerName } from './openssl.ts';

/** The first flight of a TLS client for this server name. */
function firstFlight(servername: string): Promise<string> {
  return new Promise((resolve) => {
    const socket = new Duplex({ read: () => {}, write: (chunk: Buffer) => resolve(chunk.toString('latin1')) });
    connect({ socket, servername }).on('error', () => {});
  });
}

test('readServerName: reads the name of a ClientHello, and none in half of it or in something else', async () => {
  const hello = await firstFlight('www.example.com');
  assert.equal(await readServerName(hello), 'www.example.com');
  for (const other of [hello.slice(0, 60), 'SSH-2.0-x\r\n', '']) assert.equal(await readServerName(other), undefined);
});
