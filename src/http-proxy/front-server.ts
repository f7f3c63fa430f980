import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { closeLingering } from '../net/close-lingering.ts';
import { AccessRecord } from './access-record.ts';
import { ClientConnection } from './client-connection.ts';
import type { ProxyContext } from './context.ts';
import { forward } from './forward.ts';
import { lingerTimeout, maxFields, maxHeadSize } from './limits.ts';
import { parseFailure } from './parse-failure.ts';
import { serveTunnel } from './tunnel.ts';
import { asksForWebSocket, forwardWebSocket } from './websocket.ts';

/** The side of the proxy that clients see, not listening yet. */
export interface FrontServer {
  readonly server: Server;
  /** Ends the connections on which no request is being served. */
  closeIdle(): void;
}

/** Puts Node's HTTP server, which parses, in front of what serves requests. */
export function createFrontServer(context: ProxyContext): FrontServer {
  const { settings, log } = context;
  const connections = new Map<Duplex, ClientConnection>();
  const server = createServer({
    insecureHTTPParser: false,
    maxHeaderSize: maxHeadSize,
    // We refuse it with a page of ours, and not in HTTP/1.0.
    requireHostHeader: false,
    headersTimeout: settings.httpHeaderTimeout,
    connectionsCheckingInterval: Math.min(1_000, settings.httpHeaderTimeout),
    // An upload may take as long as bytes keep coming.
    requestTimeout: 0,
    keepAliveTimeout: settings.httpKeepAliveTimeout,
    keepAliveTimeoutBuffer: 0,
    shouldUpgradeCallback: asksForWebSocket,
  });
  server.maxHeadersCount = maxFields + 1;
  // Later than undici's timeout of the same length, so that a silent destination is answered with 504.
  server.timeout = settings.idleTimeout + 5_000;
  // Node has no type for this: a client that has finished sending still gets its answer.
  Object.assign(server, { httpAllowHalfOpen: true });

  server.on('connection', (socket) => {
    connections.set(socket, new ClientConnection(socket));
    socket.once('close', () => connections.delete(socket));
  });

  const onRequest = (expectsContinue: boolean) => (request: IncomingMessage, response: ServerResponse) => {
    const connection = connections.get(request.socket);
    connection?.serve(request, async () => {
      await forward(context, { connection, request, response, expectsContinue });
      // Its head may have promised to keep the connection before the proxy began to close.
      if (context.closing()) setImmediate(() => server.closeIdleConnections());
    });
  };
  server.on('request', onRequest(false));
  server.on('checkContinue', onRequest(true));
  server.on('checkExpectation', onRequest(false));

  const onHandOver =
    (serve: (context: ProxyContext, handedOver: { connection: ClientConnection; request: IncomingMessage }) => Promise<void>) =>
    (request: IncomingMessage, socket: Duplex, head: Buffer) => {
      const connection = connections.get(socket);
      connection?.tap.stop();
      // The splice has an idle timeout of its own.
      connection?.socket.setTimeout(0);
      // At once: the end of what the client sends must come behind it.
      if (head.length > 0) socket.unshift(head);
      connection?.serve(request, () => serve(context, { connection, request }));
    };
  server.on('connect', onHandOver(serveTunnel));
  server.on('upgrade', onHandOver(forwardWebSocket));

  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    // Bytes behind a request that said it is the last: nobody waits for an answer to them.
    if (error.code === 'HPE_CLOSED_CONNECTION') return;
    const connection = connections.get(socket);
    const failure = parseFailure(error);
    if (connection === undefined || failure === undefined || !socket.writable) {
      socket.destroy();
      return;
    }
    connection.fail(failure, () => {
      const record = new AccessRecord(connection.client, undefined);
      record.setFailure(failure);
      record.write(log, 'request');
    });
  });
  server.on('timeout', (socket) => {
    const connection = connections.get(socket);
    // A reset, for a body that ends with the connection must not seem whole.
    if (!connection?.idle) socket.resetAndDestroy();
    else {
      log.debug({ client: connection.client, reason: 'no request within the keep-alive timeout' }, 'a client connection is closed');
      socket.destroy();
    }
  });

  return {
    server,
    closeIdle() {
      for (const { idle, socket } of connections.values()) if (idle) closeLingering(socket, lingerTimeout);
    },
  };
}
