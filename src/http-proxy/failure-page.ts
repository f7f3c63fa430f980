import { STATUS_CODES } from 'node:http';
import type { Failure } from './failure.ts';

/** What a client gets for a failure: fields in the flat form of `ServerResponse.writeHead`, and a short page. */
export interface FailurePage {
  readonly status: number;
  readonly fields: string[];
  readonly body: string;
}

/** Writes the page; its Proxy-Status field (RFC 9209) says the same to programs. The connection stays open unless the caller says so. */
export function writeFailurePage(failure: Failure): FailurePage {
  const body = `${failure.status} ${STATUS_CODES[failure.status]}\negress-router: ${bound(failure.message)}\n`;
  return {
    status: failure.status,
    body,
    fields: [
      'Content-Type',
      'text/plain; charset=utf-8',
      'Content-Length',
      String(Buffer.byteLength(body)),
      'Proxy-Status',
      `egress-router; error=${failure.errorType}; details=${quote(bound(failure.message))}`,
      ...failure.fields,
    ],
  };
}

/** The whole response as it goes over the wire where there is no ServerResponse to write it. Closes the connection. */
export function formatFailureResponse(failure: Failure): string {
  const { status, fields, body } = writeFailurePage(failure);
  let head = `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n`;
  for (let index = 0; index < fields.length; index += 2) head += `${fields[index]}: ${fields[index + 1]}\r\n`;
  return `${head}Connection: close\r\n\r\n${body}`;
}

function bound(text: string): string {
  return text.length <= 500 ? text : `${text.slice(0, 500)}...`;
}

// A string of structured fields has printable ASCII only (RFC 8941 3.3.3).
function quote(text: string): string {
  return `"${text.replace(/[^\x20-\x7e]/g, '?').replace(/["\\]/g, '\\$&')}"`;
}
