import { framingOf } from '../http/body-reader.ts';
import { type Fields, formatFields, valuesOf } from '../http/fields.ts';
import type { AccessRecord } from './access-record.ts';
import type { ClientRequest } from './client-request.ts';
import type { ProxyContext } from './context.ts';
import { forwardedFields } from './header-fields.ts';
import type { RequestTarget } from './request-target.ts';
import { RequestUpload } from './request-upload.ts';
import { type RelayEnd, ResponseRelay } from './response-relay.ts';
import type { UpstreamConnection } from './upstream-connection.ts';

/** What is sent, and by which connection. */
export interface Sending {
  readonly request: ClientRequest;
  readonly target: RequestTarget;
  /** Of the request. */
  readonly fields: Fields;
  readonly upstream: UpstreamConnection;
  readonly record: AccessRecord;
  /** It asks for a WebSocket. */
  readonly upgrade: boolean;
}

/**
 * Sends a request, with what it has of a body, and relays the response. Rejects with what went wrong before anything of the response was
 * written. The upstream is still the caller's.
 */
export function exchange(context: ProxyContext, { request, target, fields, upstream, record, upgrade }: Sending): Promise<RelayEnd> {
  const { head } = request;
  const relay = new ResponseRelay(request, upstream, {
    via: `1.1 ${context.pseudonym}`,
    keepAlive: Math.floor(context.settings.httpKeepAliveTimeout / 1_000),
    closing: context.closing,
    onBytes: (count) => {
      record.bytesDown += count;
    },
  });
  if (request.connection.socket.destroyed) {
    relay.abort(new Error('the client broke off'));
    return relay.end;
  }
  const chunked = framingOf(fields) === 'chunked';
  const framing = `${chunked ? 'Transfer-Encoding: chunked\r\n' : ''}${upgrade ? 'Connection: Upgrade\r\nUpgrade: websocket\r\n' : ''}`;
  const sent = formatFields(forwardedFields(fields, 'request', `${head.version} ${context.pseudonym}`));
  upstream.expect(head.method, relay);
  upstream.writes.add(`${head.method} ${target.path} HTTP/1.1\r\nHost: ${target.authority}\r\n${framing}${sent}\r\n`);
  if (request.complete) {
    upstream.writes.flush();
    return relay.end;
  }
  if (head.version === '1.1' && valuesOf(fields, 'expect').length > 0) request.connection.socket.write('HTTP/1.1 100 Continue\r\n\r\n');
  const onError = (error: Error) => relay.abort(error);
  const onBytes = (count: number) => {
    record.bytesUp += count;
  };
  request.read(new RequestUpload({ request, upstream, chunked, onBytes, onError }));
  upstream.writes.flush();
  return relay.end;
}
