import { valuesOf } from '../http/fields.ts';
import { Failure } from './failure.ts';

/** More than any chain of proxies has; a larger number goes on as this one. */
const largest = 2 ** 31 - 1;

/**
 * The fields of a request with its Max-Forwards counted down, which counts for OPTIONS and TRACE only (RFC 9110 7.6.2); undefined = it is not
 * to be forwarded, and we are who answers.
 * @throws Failure when the field is not one decimal number
 */
export function countForward(method: string | undefined, fields: readonly string[]): readonly string[] | undefined {
  if (method !== 'OPTIONS' && method !== 'TRACE') return fields;
  const [value, ...others] = valuesOf(fields, 'max-forwards');
  if (value === undefined) return fields;
  if (others.length > 0 || !/^\d+$/.test(value)) throw new Failure('bad-request', 'Max-Forwards is not one decimal number');
  const left = Math.min(Number(value), largest);
  if (left === 0) return undefined;
  return fields.map((text, index) => (index % 2 === 1 && fields[index - 1]?.toLowerCase() === 'max-forwards' ? String(left - 1) : text));
}
