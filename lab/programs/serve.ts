import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { createTcpEcho, createUdpEcho } from './echo-servers.ts';
import { createHttpServer } from './http-server.ts';
import type { Report, ServerSpec } from './served.ts';

// usage: serve.ts JSON, an object { servers: ServerSpec[], tls?: { key, cert } } (paths of PEM files)
const { servers, tls } = JSON.parse(process.argv[2] ?? '{}');
const report: Report = (event) => console.log(JSON.stringify(event));

await Promise.all(servers.map(start));
report({ event: 'ready' });

async function start(spec: ServerSpec): Promise<void> {
  if (spec.kind === 'udp-echo') {
    // A socket for each address: one on the wildcard would answer from whichever address the route prefers.
    await Promise.all(ownAddresses().map((address) => listenUdp(spec.port, address)));
    return;
  }
  const server =
    spec.kind === 'tcp-echo'
      ? createTcpEcho(spec, report)
      : createHttpServer({ ...spec, tls: spec.kind === 'https' ? readTls() : undefined }, report);
  await once(server.listen(spec.port, '::'), 'listening');
}

async function listenUdp(port: number, address: string): Promise<void> {
  const socket = createUdpEcho({ port, address }, report);
  socket.bind(port, address);
  await once(socket, 'listening');
}

function ownAddresses(): string[] {
  return Object.values(networkInterfaces())
    .flatMap((list) => list ?? [])
    .filter(({ address, scopeid }) => !address.startsWith('127.') && address !== '::1' && (scopeid ?? 0) === 0)
    .map(({ address }) => address);
}

function readTls(): { key: string; cert: string } {
  return { key: readFileSync(tls.key, 'utf8'), cert: readFileSync(tls.cert, 'utf8') };
}
