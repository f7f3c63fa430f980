import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';

/**
 * The body of a request as a stream of its own. undici destroys the body that it is given when an upstream fails, and to destroy a
 * request of Node's is to cut its client off, before it has been answered. What the upstream does not want any more is read and dropped. The
 * stream is destroyed when the client breaks off.
 * @param onBytes told of every chunk's length
 */
export function openRequestBody(request: IncomingMessage, onBytes: (count: number) => void): Readable {
  const body = new Readable({
    highWaterMark: request.readableHighWaterMark,
    read: () => {
      request.resume();
    },
  });
  // undici takes its own handler away when it is done.
  body.on('error', () => {});
  body.once('close', () => request.resume());
  request.on('data', (chunk: Buffer) => {
    if (body.destroyed) return;
    onBytes(chunk.length);
    if (!body.push(chunk)) request.pause();
  });
  request.once('end', () => body.push(null));
  request.once('close', () => {
    if (!request.complete) body.destroy(new Error('the client broke off'));
  });
  return body;
}
