import { valuesOf } from '../http/fields.ts';
import type { ClientRequest } from './client-request.ts';
import type { ProxyContext } from './context.ts';
import { Failure } from './failure.ts';

/** Why a request is refused for its head, wherever it wants to go; undefined = it is not. */
export function findRequestFault({ pseudonym, settings }: ProxyContext, { head, fault }: ClientRequest): Failure | undefined {
  const { version, fields } = head;
  if (fields.length > 2 * settings.httpHeaderFields) return new Failure('large-head', `more than ${settings.httpHeaderFields} fields`);
  if (fault !== undefined) return new Failure('bad-request', fault);
  if (valuesOf(fields, 'via').some((value) => value.includes(pseudonym))) return new Failure('loop', 'the request has been here before');
  // A field of HTTP/1.1, to be ignored in 1.0 (RFC 9110 10.1.1).
  const unmet = version === '1.1' && valuesOf(fields, 'expect').find((value) => value.toLowerCase() !== '100-continue');
  return typeof unmet === 'string' ? new Failure('unknown-expectation', `the expectation ${unmet.slice(0, 50)} is unknown`) : undefined;
}
