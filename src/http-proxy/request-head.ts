import { METHODS } from 'node:http';

/** The part of a request head that framing depends on. */
export interface RequestHead {
  readonly method: string;
  /** As in `1.1`. */
  readonly version: string;
  /** Names and values in turn, as they came. */
  readonly fields: readonly string[];
}

const methods: ReadonlySet<string> = new Set(METHODS);

/**
 * What is wrong with the framing of a head that Node's parser let pass, as a phrase; undefined = nothing. Node refuses white space before
 * colons, folded lines, bare CR or LF, controls, and Content-Length that is repeated, no number or beside Transfer-Encoding; the rest
 * of RFC 9112 (2.3, 3.2, 6.1, 6.3) is here, and the last of those once more, for everything behind us depends on it.
 */
export function findHeadFault({ method, version, fields }: RequestHead): string | undefined {
  if (version !== '1.1' && version !== '1.0') return `HTTP/${version} is not spoken here`;
  // The parser takes RTSP's methods with RTSP's protocol name.
  if (!methods.has(method)) return `${method} is no HTTP method`;
  const hosts = valuesOf(fields, 'host');
  const lengths = valuesOf(fields, 'content-length');
  const encodings = valuesOf(fields, 'transfer-encoding');
  if (hosts.length > 1) return 'more than one Host field';
  // Python's http.client sends none with a CONNECT in HTTP/1.0.
  if (hosts.length === 0 && version === '1.1') return 'no Host field';
  if (lengths.length > 1 || !lengths.every((value) => /^\d+$/.test(value))) return 'Content-Length is not one decimal number';
  if (encodings.length > 0 && version === '1.0') return 'Transfer-Encoding in HTTP/1.0';
  if (encodings.length > 0 && lengths.length > 0) return 'both Transfer-Encoding and Content-Length';
  if (encodings.length > 1 || encodings.some((value) => value !== 'chunked')) return 'Transfer-Encoding is not exactly chunked';
  const body = encodings.length > 0 || lengths.some((value) => Number(value) > 0);
  if (body && method === 'CONNECT') return 'CONNECT with a body';
  if (body && version === '1.0' && (method === 'GET' || method === 'HEAD')) return `${method} with a body in HTTP/1.0`;
  return undefined;
}

/** The values of a field, by its name in lower case. */
export function valuesOf(fields: readonly string[], name: string): string[] {
  const values: string[] = [];
  for (let index = 0; index + 1 < fields.length; index += 2) {
    const field = fields[index];
    if (field?.length === name.length && field.toLowerCase() === name) values.push(fields[index + 1] ?? '');
  }
  return values;
}
