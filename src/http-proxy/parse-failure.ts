import { Failure } from './failure.ts';

/**
 * The failure that a `clientError` of Node's HTTP server means; undefined = the connection itself is broken and there is nobody to answer.
 * Codes: https://nodejs.org/api/errors.html, and HPE_ for llhttp's.
 */
export function parseFailure(error: NodeJS.ErrnoException): Failure | undefined {
  const code = error.code ?? '';
  if (code === 'HPE_HEADER_OVERFLOW') return new Failure('large-head', 'the request head is too long', { cause: error });
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return new Failure('slow-request', 'the request head took too long', { cause: error });
  return code.startsWith('HPE_') ? new Failure('bad-request', error.message, { cause: error }) : undefined;
}
