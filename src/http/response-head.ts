import { elementsOf, endOfLine, type Fields, lineEnd, parseFields, valuesOf } from './fields.ts';
import { HttpError } from './http-error.ts';
import { isLength } from './request-head.ts';

/** The head of a response. */
export interface ResponseHead {
  readonly status: number;
  /** Means nothing (RFC 9112 4). */
  readonly reason: string;
  /** As in `1.1`. */
  readonly version: string;
  readonly fields: Fields;
}

/** Fields of a response head, and of its trailers. */
export const maxFields = 2_000;

// Some servers leave out the space in front of a reason that is not there.
const statusLine = /^HTTP\/(\d\.\d) ([1-9]\d\d)(?: ([\t\x20-\x7e\x80-\xff]*))?$/;

/**
 * Parses the head of a response (RFC 9112 2.1, 4): CRLF and nothing else at the ends of lines.
 * @param text without the empty line at its end
 * @throws HttpError
 */
export function parseResponseHead(text: string): ResponseHead {
  const end = endOfLine(text, 0);
  const [, version, status, reason = ''] = statusLine.exec(text.slice(0, end)) ?? [];
  if (version === undefined || status === undefined) throw new HttpError('its status line is malformed');
  return { status: Number(status), reason, version, fields: parseFields(text, end + lineEnd.length) };
}

/**
 * What is wrong with a response head, as a phrase; undefined = nothing. A client must never take a part for the whole, nor the next response for a
 * part of this one (RFC 9112 2.3, 6.1, 6.3).
 */
export function findResponseHeadFault({ version, fields }: Pick<ResponseHead, 'version' | 'fields'>): string | undefined {
  const lengths = valuesOf(fields, 'content-length');
  const encodings = valuesOf(fields, 'transfer-encoding');
  if (version !== '1.1' && version !== '1.0') return `the response is one of HTTP/${version}`;
  if (fields.length > 2 * maxFields) return `the response has more than ${maxFields} fields`;
  if (lengths.length > 1 || !lengths.every(isLength)) return 'the Content-Length of the response is not one decimal number';
  if (encodings.length > 0 && lengths.length > 0) return 'the response has both Transfer-Encoding and Content-Length';
  if (encodings.length > 0 && version === '1.0') return 'the response has a Transfer-Encoding in HTTP/1.0';
  // A coding that does not end in chunked lasts until the connection ends, and a gzip of ours is nobody's to undo.
  if (encodings.length > 1 || encodings.some((value) => value.toLowerCase() !== 'chunked')) {
    return 'the response has a Transfer-Encoding other than chunked';
  }
  return undefined;
}

/** Whether a response to this method has no body, whatever its fields say (RFC 9112 6.3). */
export function isBodiless(method: string, status: number): boolean {
  return method === 'HEAD' || status < 200 || status === 204 || status === 304;
}

/** Whether its sender keeps the connection for another message (RFC 9112 9.3). */
export function isPersistent({ version, fields }: Pick<ResponseHead, 'version' | 'fields'>): boolean {
  const options = elementsOf(fields, 'connection');
  return (version === '1.1' || options.includes('keep-alive')) && !options.includes('close');
}
