import type { Server } from 'node:net';
import { createTcpServer } from '../net/listener.ts';
import { remoteAddress } from '../net/remote-address.ts';
import { Slots } from '../net/slots.ts';
import { AccessRecord } from './access-record.ts';
import type { Admission } from './admission.ts';
import { ClientConnection, type ClientEvents } from './client-connection.ts';
import type { ClientRequest } from './client-request.ts';
import type { ProxyContext } from './context.ts';
import type { Failure } from './failure.ts';
import { forward } from './forward.ts';
import { refuseClient } from './refuse-client.ts';
import type { SharedState } from './shared-state.ts';
import { serveTunnel } from './tunnel.ts';
import { asksForWebSocket } from './tunnel-request.ts';
import { forwardWebSocket } from './websocket.ts';

/** The side of the proxy that clients see, not listening yet. */
export interface FrontServer {
  readonly server: Server;
  /** Ends the connections on which no request is being served. */
  closeIdle(): void;
}

/** What comes beyond the connections that may be accepted is closed unanswered. */
export function createFrontServer(context: ProxyContext, admission: Admission, { limit, accepted, served }: SharedState): FrontServer {
  const { settings, log, closing } = context;
  const connections = new Slots<ClientConnection>();
  const logFailure = (client: string, failure: Failure) => {
    const record = new AccessRecord(client, undefined);
    record.setFailure(failure);
    record.write(log, 'request');
  };
  const serve = (request: ClientRequest) => {
    if (request.head.method === 'CONNECT') return serveTunnel(context, request);
    return asksForWebSocket(request) ? forwardWebSocket(context, request) : forward(context, request);
  };
  const events: ClientEvents = {
    serve,
    closing,
    onFailure: ({ client }, failure) => logFailure(client, failure),
    onIdle: ({ client }) => log.debug({ client, reason: 'no request within the keep-alive timeout' }, 'a client connection is closed'),
  };

  const server = createTcpServer((socket) => {
    let slot: number | undefined;
    socket.on('close', () => {
      accepted.remove();
      if (slot === undefined) return;
      connections.remove(slot);
      admission.release(served.remove());
    });
    if (accepted.add() > limit.accepted) {
      admission.turnAway(served.value);
      socket.destroy();
      return;
    }
    const client = remoteAddress(socket);
    const refusal = admission.refusalOf(client, served.add() - 1);
    if (refusal !== undefined) {
      served.remove();
      refuseClient(socket, refusal, settings.httpLingerTimeout, () => logFailure(client, refusal));
      return;
    }
    slot = connections.add(new ClientConnection(socket, client, settings, events));
  });

  return {
    server,
    closeIdle() {
      for (const connection of connections.values()) if (connection.idle) connection.closeLingering();
    },
  };
}
