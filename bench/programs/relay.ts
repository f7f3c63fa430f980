// The least that a proxy on Node can do, as a bound for ours: it takes bytes from one socket to another, and judges, checks and logs nothing. It is good
// for the benchmark's own clients only, whose requests come in one piece. Its arguments are the port, and the address that every name means.
import { connect, createServer, type Socket } from 'node:net';
import { endInBatch, writeInBatch } from '../../src/net/batched-writes.ts';
import { frugalReads, releaseRead } from '../../src/net/frugal-reads.ts';

const [port, address = ''] = process.argv.slice(2);
const requestLine = /^([A-Z]+) (?:http:\/\/)?[^/: ]+:(\d+)(\S*) /;

createServer({ allowHalfOpen: true, noDelay: true }, (client) => {
  let upstream: Socket | undefined;
  client.on('data', (chunk: Buffer) => {
    const [line, method, originPort, path = ''] = requestLine.exec(chunk.toString('latin1', 0, 200)) ?? [];
    if (line === undefined) {
      pass(chunk, client, upstream);
      return;
    }
    upstream ??= open(client, Number(originPort));
    if (method === 'CONNECT') writeInBatch(client, 'HTTP/1.1 200 Connection established\r\n\r\n');
    else pass(Buffer.concat([Buffer.from(`${method} ${path} `), chunk.subarray(line.length)]), client, upstream);
  });
  client.on('error', () => upstream?.destroy());
  client.on('end', () => upstream && endInBatch(upstream));
  client.on('drain', () => upstream?.resume());
}).listen(Number(port));

function open(client: Socket, originPort: number): Socket {
  const upstream: Socket = connect({
    host: address,
    port: originPort,
    allowHalfOpen: true,
    noDelay: true,
    onread: frugalReads(() => upstream),
  });
  upstream.on('data', (chunk: Buffer) => pass(chunk, upstream, client));
  upstream.on('error', () => client.destroy());
  upstream.on('end', () => endInBatch(client));
  upstream.on('drain', () => client.resume());
  return upstream;
}

function pass(chunk: Buffer, from: Socket, to: Socket | undefined): void {
  if (to === undefined) return;
  if (!writeInBatch(to, chunk)) from.pause();
  if (to.writableLength === 0) releaseRead(chunk);
}
