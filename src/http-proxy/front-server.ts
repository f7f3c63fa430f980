import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { remoteAddress } from '../net/remote-address.ts';
import { resetSocket } from '../net/reset-socket.ts';
import { AccessRecord } from './access-record.ts';
import type { Admission } from './admission.ts';
import { ClientConnection } from './client-connection.ts';
import type { ProxyContext } from './context.ts';
import type { Failure } from './failure.ts';
import { forward } from './forward.ts';
import { parseFailure } from './parse-failure.ts';
import { refuseClient } from './refuse-client.ts';
import { serveTunnel } from './tunnel.ts';
import { asksForWebSocket, forwardWebSocket } from './websocket.ts';

/** The side of the proxy that clients see, not listening yet. */
export interface FrontServer {
  readonly server: Server;
  /** Ends the connections on which no request is being served. */
  closeIdle(): void;
}

/**
 * Puts Node's HTTP server, which parses, in front of what serves requests.
 * @param accepted connections at once; what comes beyond is closed unanswered
 */
export function createFrontServer(context: ProxyContext, admission: Admission, accepted: number): FrontServer {
  const { settings, log } = context;
  const connections = new Map<Duplex, ClientConnection>();
  const server = createServer({
    insecureHTTPParser: false,
    maxHeaderSize: settings.httpHeaderSize,
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
  server.maxHeadersCount = settings.httpHeaderFields + 1;
  server.maxConnections = accepted;
  // Later than undici's timeout of the same length, so that a silent destination is answered with 504.
  server.timeout = settings.idleTimeout + 5_000;
  // Node has no type for this: a client that has finished sending still gets its answer.
  Object.assign(server, { httpAllowHalfOpen: true });

  const logFailure = (client: string, failure: Failure) => {
    const record = new AccessRecord(client, undefined);
    record.setFailure(failure);
    record.write(log, 'request');
  };
  server.on('connection', (socket) => {
    const client = remoteAddress(socket);
    const refusal = admission.refusalOf(client, connections.size);
    if (refusal !== undefined) {
      refuseClient(socket, refusal, settings.httpLingerTimeout, () => logFailure(client, refusal));
      return;
    }
    connections.set(socket, new ClientConnection(socket, client, settings));
    socket.on('close', () => {
      connections.delete(socket);
      admission.release(connections.size);
    });
  });
  server.on('drop', () => admission.turnAway(connections.size));

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
    // It is being refused, whatever it sends.
    if (connection === undefined) return;
    const failure = parseFailure(error);
    if (failure === undefined) socket.destroy();
    // Else it has had its last answer, and a reset might take it away.
    else if (socket.writable) connection.fail(failure, () => logFailure(connection.client, failure));
  });
  server.on('timeout', (socket) => {
    const connection = connections.get(socket);
    // A reset, for a body that ends with the connection must not seem whole.
    if (!connection?.idle) resetSocket(socket);
    else {
      log.debug({ client: connection.client, reason: 'no request within the keep-alive timeout' }, 'a client connection is closed');
      socket.destroy();
    }
  });

  return {
    server,
    closeIdle() {
      for (const connection of connections.values()) if (connection.idle) connection.closeLingering();
    },
  };
}
