import type { IncomingMessage } from 'node:http';
import type { ClientConnection } from './client-connection.ts';
import type { ProxyContext } from './context.ts';
import { Failure } from './failure.ts';
import { findHeadFault, valuesOf } from './request-head.ts';

/** Why a request is refused for its head, wherever it wants to go; undefined = it is not. */
export function findRequestFault(
  { pseudonym, settings }: ProxyContext,
  { tap }: ClientConnection,
  request: IncomingMessage,
): Failure | undefined {
  const { method = '', httpVersion: version, rawHeaders: fields } = request;
  if (tap.isForeign(request)) return new Failure('bad-request', 'the request line is not one of HTTP');
  if (fields.length > 2 * settings.httpHeaderFields) return new Failure('large-head', `more than ${settings.httpHeaderFields} fields`);
  const fault = findHeadFault({ method, version, fields });
  if (fault !== undefined) return new Failure('bad-request', fault);
  if (valuesOf(fields, 'via').some((value) => value.includes(pseudonym))) return new Failure('loop', 'the request has been here before');
  // A field of HTTP/1.1, to be ignored in 1.0 (RFC 9110 10.1.1).
  const unmet = version === '1.1' && valuesOf(fields, 'expect').find((value) => value.toLowerCase() !== '100-continue');
  return typeof unmet === 'string' ? new Failure('unknown-expectation', `the expectation ${unmet.slice(0, 50)} is unknown`) : undefined;
}
