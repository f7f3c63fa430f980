import { STATUS_CODES } from 'node:http';
import { formatFields } from '../http/fields.ts';
import type { Failure } from './failure.ts';

/**
 * What a client gets for a failure, as it goes over the wire: a short page, whose Proxy-Status field (RFC 9209) says the same to programs.
 * @param last whether the connection is closed behind it
 * @param method of the request, where one could be read: an answer to HEAD is a head (RFC 9110 9.3.2)
 */
export function formatFailurePage(failure: Failure, last: boolean, method?: string): string {
  const { status } = failure;
  const body = `${status} ${STATUS_CODES[status]}\negress-router: ${bound(failure.message)}\n`;
  const fields = [
    'Content-Type',
    'text/plain; charset=utf-8',
    'Content-Length',
    String(Buffer.byteLength(body)),
    'Proxy-Status',
    `egress-router; error=${failure.errorType}; details=${quote(bound(failure.message))}`,
    ...failure.fields,
    ...(last ? ['Connection', 'close'] : []),
  ];
  return `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${formatFields(fields)}\r\n${method === 'HEAD' ? '' : body}`;
}

function bound(text: string): string {
  return text.length <= 500 ? text : `${text.slice(0, 500)}...`;
}

// A string of structured fields has printable ASCII only (RFC 8941 3.3.3).
function quote(text: string): string {
  return `"${text.replace(/[^\x20-\x7e]/g, '?').replace(/["\\]/g, '\\$&')}"`;
}
