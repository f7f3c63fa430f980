import { readFileSync } from 'node:fs';
import type { ExpectedAnswer } from './answer-reader.ts';
import type { Exchange, RequestLoad } from './order.ts';

/** The bytes that a client sends. */
export interface RequestBytes {
  /** Before the first request; undefined = nothing. */
  readonly connect: Buffer | undefined;
  readonly request: Buffer;
}

/** The answer to CONNECT. */
export const tunnelOpened: ExpectedAnswer = { status: 200, body: undefined };

/** Writes an exchange as bytes, and reads the body for it. */
export function makeRequest(exchange: Exchange, connection: RequestLoad['connection']): RequestBytes {
  const { via, authority, method, path, body } = exchange;
  const head = [
    `${method} ${via === 'absolute' ? `http://${authority}` : ''}${path} HTTP/1.1`,
    `Host: ${authority}`,
    'User-Agent: bench',
    'Accept: */*',
    ...(body !== undefined ? [`Content-Length: ${body.length}`, 'Content-Type: application/octet-stream'] : []),
    ...(connection === 'one request' ? ['Connection: close'] : []),
  ];
  return {
    connect: via === 'tunnel' ? Buffer.from(`CONNECT ${authority} HTTP/1.1\r\nHost: ${authority}\r\n\r\n`) : undefined,
    request: Buffer.concat([
      Buffer.from(`${head.join('\r\n')}\r\n\r\n`),
      ...(body === undefined ? [] : [readFileSync(body.file).subarray(0, body.length)]),
    ]),
  };
}

/** What the answer must be, with the file read. */
export function readExpected({ answer }: Exchange): ExpectedAnswer {
  return { status: 200, body: 'file' in answer ? readFileSync(answer.file) : Buffer.from(answer.text) };
}
