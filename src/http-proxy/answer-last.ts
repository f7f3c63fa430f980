import { formatFields } from '../http/fields.ts';
import type { RequestHead } from '../http/request-head.ts';
import type { ClientRequest } from './client-request.ts';

/** What a TRACE does not show: credentials (RFC 9110 9.3.8). */
const hidden = new Set(['authorization', 'cookie', 'proxy-authorization']);

/**
 * Answers a request that is not to be forwarded any further: TRACE with the request as it came (RFC 9110 9.3.8), OPTIONS with nothing, since there
 * is nothing to be said about a proxy (9.3.7). Returns the status.
 */
export function answerLast(request: ClientRequest): number {
  if (!request.complete) request.setLast();
  const body = request.head.method === 'TRACE' ? formatHead(request.head) : '';
  const fields = [
    ...(body === '' ? [] : ['Content-Type', 'message/http']),
    'Content-Length',
    String(body.length),
    ...(request.last ? ['Connection', 'close'] : []),
  ];
  request.connection.socket.write(`HTTP/1.1 200 OK\r\n${formatFields(fields)}\r\n${body}`, 'latin1');
  return 200;
}

function formatHead({ method, target, version, fields }: RequestHead): string {
  const shown = fields.filter((_, index) => !hidden.has(fields[index - (index % 2)]?.toLowerCase() ?? ''));
  return `${method} ${target} HTTP/${version}\r\n${formatFields(shown)}\r\n`;
}
