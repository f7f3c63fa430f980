import { METHODS } from 'node:http';
import { endOfLine, type Fields, lineEnd, parseFields, token, valuesOf } from './fields.ts';
import { HttpError } from './http-error.ts';

/** The head of a request. */
export interface RequestHead {
  readonly method: string;
  /** The request target, whatever its form. */
  readonly target: string;
  /** As in `1.1`. */
  readonly version: string;
  readonly fields: Fields;
}

const requestLine = new RegExp(`^(${token}) ([\\x21-\\x7e]+) HTTP/(\\d\\.\\d)$`);
const methods: ReadonlySet<string> = new Set(METHODS);

/**
 * Parses the head of a request (RFC 9112 2.1, 3): one space where the grammar has one, CRLF and nothing else at the ends of lines.
 * @param text without the empty line at its end
 * @throws HttpError
 */
export function parseRequestHead(text: string): RequestHead {
  const end = endOfLine(text, 0);
  const [, method, target, version] = requestLine.exec(text.slice(0, end)) ?? [];
  if (method === undefined || target === undefined || version === undefined) {
    throw new HttpError('the request line is malformed');
  }
  return { method, target, version, fields: parseFields(text, end + lineEnd.length) };
}

/** What is wrong with the framing of a request (RFC 9112 2.3, 3.2, 6.1, 6.3), as a phrase; undefined = nothing. */
export function findRequestHeadFault({ method, version, fields }: Omit<RequestHead, 'target'>): string | undefined {
  if (version !== '1.1' && version !== '1.0') return `HTTP/${version} is not spoken here`;
  if (!methods.has(method)) return `${method.slice(0, 50)} is no HTTP method`;
  const hosts = valuesOf(fields, 'host');
  const lengths = valuesOf(fields, 'content-length');
  const encodings = valuesOf(fields, 'transfer-encoding');
  if (hosts.length > 1) return 'more than one Host field';
  // Python's http.client sends none with a CONNECT in HTTP/1.0.
  if (hosts.length === 0 && version === '1.1') return 'no Host field';
  if (lengths.length > 1 || !lengths.every(isLength)) return 'Content-Length is not one decimal number';
  if (encodings.length > 0 && version === '1.0') return 'Transfer-Encoding in HTTP/1.0';
  if (encodings.length > 0 && lengths.length > 0) return 'both Transfer-Encoding and Content-Length';
  if (encodings.length > 1 || encodings.some((value) => value !== 'chunked')) return 'Transfer-Encoding is not exactly chunked';
  const body = encodings.length > 0 || lengths.some((value) => Number(value) > 0);
  if (body && method === 'CONNECT') return 'CONNECT with a body';
  if (body && version === '1.0' && (method === 'GET' || method === 'HEAD')) return `${method} with a body in HTTP/1.0`;
  return undefined;
}

/** Whether the value of a Content-Length is one number of bytes that can be counted. */
export function isLength(value: string): boolean {
  return /^\d+$/.test(value) && Number.isSafeInteger(Number(value));
}
