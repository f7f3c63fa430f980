import { maxFields } from './limits.ts';
import { valuesOf } from './request-head.ts';

/** The part of a response head that framing depends on. */
export interface ResponseHead {
  readonly status: number;
  /** As in `1.1`. */
  readonly version: string;
  /** Names and values in turn, as they came. */
  readonly fields: readonly string[];
}

/**
 * What is wrong with a response head that undici's parser let pass, as a phrase; undefined = nothing. The parser refuses folded lines, bare
 * CR or LF, NUL, and Content-Length that is repeated or beside Transfer-Encoding; the rest of RFC 9112 (2.3, 6.1, 6.3) is here, and the last
 * of those once more, for a client must never take a part for the whole.
 */
export function findResponseFault({ status, version, fields }: ResponseHead): string | undefined {
  const lengths = valuesOf(fields, 'content-length');
  const encodings = valuesOf(fields, 'transfer-encoding');
  if (version !== '1.1' && version !== '1.0') return `the response is one of HTTP/${version}`;
  if (status === 101) return 'the destination switched to a protocol that it was not asked for, or does not name';
  if (fields.length > 2 * maxFields) return `the response has more than ${maxFields} fields`;
  if (lengths.length > 1 || !lengths.every((value) => /^\d+$/.test(value)))
    return 'the Content-Length of the response is not one decimal number';
  if (encodings.length > 0 && lengths.length > 0) return 'the response has both Transfer-Encoding and Content-Length';
  if (encodings.length > 0 && version === '1.0') return 'the response has a Transfer-Encoding in HTTP/1.0';
  // A coding that does not end in chunked lasts until the connection ends, and a gzip of ours is nobody's to undo.
  if (encodings.length > 1 || encodings.some((value) => value.trim().toLowerCase() !== 'chunked')) {
    return 'the response has a Transfer-Encoding other than chunked';
  }
  return undefined;
}

/** Whether a response to this method has no body, whatever its fields say (RFC 9112 6.3). */
export function isBodiless(method: string | undefined, status: number): boolean {
  return method === 'HEAD' || status === 204 || status === 304;
}
