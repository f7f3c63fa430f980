import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { Server } from 'node:net';
import { Readable } from 'node:stream';
import { isAdmitted, plainAddress, type Report, type SeenRequest } from './served.ts';

/** What an HTTP server is started with. */
export interface HttpServerOptions {
  readonly port: number;
  readonly admit?: readonly string[] | undefined;
  /** PEM texts; present = HTTPS. */
  readonly tls?: { readonly key: string; readonly cert: string } | undefined;
}

/**
 * An HTTP server that answers with what it saw, as JSON: 200, or 403 for a source that it does not admit.
 * `GET /bytes/N` answers with N bytes instead.
 */
export function createHttpServer({ port, admit, tls }: HttpServerOptions, report: Report): Server {
  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const seen = await see(request, port, admit);
    report(seen);
    const length = /^\/bytes\/(\d+)$/.exec(seen.target)?.[1];
    if (seen.admitted && length !== undefined) return sendBytes(response, Number(length));
    const body = seen.admitted ? seen : { error: 'refused by the server', ...seen };
    response.writeHead(seen.admitted ? 200 : 403, { 'content-type': 'application/json' });
    response.end(`${JSON.stringify(body)}\n`);
  };
  const listener = (request: IncomingMessage, response: ServerResponse) => {
    // A client that goes away in mid-request is nobody's error here.
    answer(request, response).catch(() => response.destroy());
  };
  return tls === undefined ? createServer(listener) : createTlsServer(tls, listener);
}

async function see(request: IncomingMessage, port: number, admit: readonly string[] | undefined): Promise<SeenRequest> {
  const { method = '', url = '', rawHeaders, socket } = request;
  const { remotePort = 0 } = socket;
  const source = plainAddress(socket.remoteAddress);
  const destination = plainAddress(socket.localAddress);
  const hash = createHash('sha256');
  let bodyLength = 0;
  for await (const chunk of request) {
    hash.update(chunk);
    bodyLength += chunk.length;
  }
  return {
    event: 'request',
    port,
    source,
    sourcePort: remotePort,
    destination,
    admitted: isAdmitted(source, admit),
    method,
    target: url,
    rawHeaders,
    bodyLength,
    bodySha256: hash.digest('hex'),
  };
}

function sendBytes(response: ServerResponse, length: number): void {
  response.writeHead(200, { 'content-type': 'application/octet-stream', 'content-length': length });
  Readable.from(zeros(length)).pipe(response);
}

function* zeros(length: number): Generator<Buffer> {
  const block = Buffer.alloc(64 * 1024);
  for (let left = length; left > 0; left -= block.length) yield block.subarray(0, left);
}
