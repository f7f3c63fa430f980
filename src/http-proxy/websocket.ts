import { formatFields, valuesOf } from '../http/fields.ts';
import { splice } from '../net/splice.ts';
import type { ClientRequest } from './client-request.ts';
import type { ProxyContext } from './context.ts';
import { Failure } from './failure.ts';
import { forward } from './forward.ts';
import { forwardedFields } from './header-fields.ts';

/**
 * Forwards a request for a WebSocket. After 101 the two sockets are spliced; what the client has sent before waits in its socket until then. With
 * any other response the client's connection ends. Never rejects.
 */
export async function forwardWebSocket(context: ProxyContext, request: ClientRequest): Promise<void> {
  const { socket } = request.connection;
  await forward(context, request, async (upstream, { head: { version, fields }, behind }, record) => {
    // A field of HTTP/1.1, to be ignored in 1.0 (RFC 9110 7.8).
    if (version !== '1.1') throw new Failure('bad-response', `the destination switched protocols in HTTP/${version}`);
    const protocols = valuesOf(fields, 'upgrade');
    if (protocols.length === 0 || !protocols.every((value) => value.toLowerCase() === 'websocket')) {
      throw new Failure('bad-response', 'the destination switched to another protocol than WebSocket, or does not name it');
    }
    if (behind.length > 0) upstream.socket.unshift(behind);
    socket.write(formatSwitch(fields, context.pseudonym), 'latin1');
    record.status = 101;
    const { bytesUp, bytesDown, reason } = await splice(socket, upstream.socket, { idleTimeout: context.settings.idleTimeout });
    record.bytesUp = bytesUp;
    record.bytesDown = bytesDown;
    record.reason = reason;
  });
}

function formatSwitch(fields: readonly string[], pseudonym: string): string {
  const forwarded = formatFields(forwardedFields(fields, 'response-without-length', `1.1 ${pseudonym}`));
  return `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n${forwarded}\r\n`;
}
