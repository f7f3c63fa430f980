/**
 * Bytes that are not HTTP/1.1, or not in a form that everybody reads in the same way. The message is a phrase that says
 * what is wrong, and has nothing of the bytes, among which there may be secrets.
 */
export class HttpError extends Error {
  override readonly name: string = 'HttpError';
}
