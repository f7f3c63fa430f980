import type { IncomingMessage, ServerResponse } from 'node:http';

/** What a TRACE does not show: credentials (RFC 9110 9.3.8). */
const hidden = new Set(['authorization', 'cookie', 'proxy-authorization']);

/**
 * Answers a request that is not to be forwarded any further: TRACE with the request as it came (RFC 9110 9.3.8), OPTIONS with nothing, since there
 * is nothing to be said about a proxy (9.3.7).
 */
export function answerLast(request: IncomingMessage, response: ServerResponse): void {
  request.resume();
  if (!request.complete) response.shouldKeepAlive = false;
  if (request.method !== 'TRACE') {
    response.writeHead(200, ['Content-Length', '0']).end();
    return;
  }
  const body = Buffer.from(formatHead(request), 'latin1');
  response.writeHead(200, ['Content-Type', 'message/http', 'Content-Length', String(body.length)]).end(body);
}

function formatHead({ method, url, httpVersion, rawHeaders }: IncomingMessage): string {
  let head = `${method} ${url} HTTP/${httpVersion}\r\n`;
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    if (!hidden.has(rawHeaders[index]?.toLowerCase() ?? '')) head += `${rawHeaders[index]}: ${rawHeaders[index + 1]}\r\n`;
  }
  return `${head}\r\n`;
}
