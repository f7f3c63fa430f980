import { type IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { splice } from '../net/splice.ts';
import type { ClientConnection } from './client-connection.ts';
import type { ProxyContext } from './context.ts';
import { Failure } from './failure.ts';
import { forward } from './forward.ts';
import { forwardedFields } from './header-fields.ts';
import { valuesOf } from './request-head.ts';

/** Whether the request asks for a WebSocket (RFC 6455 4.1). Every other upgrade is a plain request: a server may always stay with HTTP/1.1. */
export function asksForWebSocket(request: IncomingMessage): boolean {
  const { method, httpVersion, headers } = request;
  const bodiless = headers['content-length'] === undefined && headers['transfer-encoding'] === undefined;
  return method === 'GET' && httpVersion === '1.1' && headers.upgrade?.toLowerCase() === 'websocket' && bodiless;
}

/**
 * Forwards a request for a WebSocket, whose socket Node has let go of. After 101 the two sockets are spliced; what the client has sent
 * before waits in the socket until then. With any other response the client's connection ends. Never rejects.
 */
export async function forwardWebSocket(
  context: ProxyContext,
  { connection, request }: { readonly connection: ClientConnection; readonly request: IncomingMessage },
): Promise<void> {
  const { socket } = connection;
  const response = new ServerResponse(request);
  response.shouldKeepAlive = false;
  response.assignSocket(socket);
  response.once('finish', () => connection.closeLingering());

  await forward(context, {
    connection,
    request,
    response,
    expectsContinue: false,
    onUpgrade: async ({ socket: upstream, fields }, record) => {
      if (!(upstream instanceof Socket) || !valuesOf(fields, 'upgrade').every((value) => value.toLowerCase() === 'websocket')) {
        upstream.destroy();
        throw new Failure('bad-response', 'the destination switched to another protocol than WebSocket');
      }
      response.detachSocket(socket);
      socket.write(formatSwitch(fields, context.pseudonym), 'latin1');
      record.status = 101;
      const { bytesUp, bytesDown, reason } = await splice(socket, upstream, { idleTimeout: context.settings.idleTimeout });
      record.bytesUp = bytesUp;
      record.bytesDown = bytesDown;
      record.reason = reason;
    },
  });
}

function formatSwitch(fields: readonly string[], pseudonym: string): string {
  const forwarded = forwardedFields(fields, 'response-without-length', `1.1 ${pseudonym}`);
  let head = 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n';
  for (let index = 0; index < forwarded.length; index += 2) head += `${forwarded[index]}: ${forwarded[index + 1]}\r\n`;
  return `${head}\r\n`;
}
