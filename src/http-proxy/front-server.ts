import type { Server, Socket } from 'node:net';
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

/** A connection that rests for so long gives way to a client for whom there is no room, in milliseconds. Others may be about to send a request. */
const minRest = 1_000;

/** The side of the proxy that clients see, not listening yet. */
export interface FrontServer {
  readonly server: Server;
  /** Ends the connections on which no request is being served. */
  closeIdle(): void;
}

/** Who is not served gets a refusal, up to a limit; beyond it connections are closed unanswered. */
export function createFrontServer(context: ProxyContext, admission: Admission, { limit, served, refused }: SharedState): FrontServer {
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
    onIdle: ({ client }, reason) => log.debug({ client, reason }, 'a client connection is closed'),
  };

  const makeRoom = () => {
    const before = performance.now() - minRest;
    const hasRested = ({ restingSince }: ClientConnection) => restingSince !== undefined && restingSince <= before;
    const rested = connections.find((each) => hasRested(each) && !each.hasBegun) ?? connections.find(hasRested);
    rested?.giveWay();
    return rested !== undefined;
  };
  const serveClient = (socket: Socket, client: string) => {
    const slot = connections.add(new ClientConnection(socket, client, settings, events));
    socket.on('close', () => {
      connections.remove(slot);
      admission.release(served.remove());
    });
  };
  const refuse = (socket: Socket, client: string, refusal: Failure) => {
    socket.on('close', () => refused.remove());
    if (refused.add() > limit.refused) socket.destroy();
    else refuseClient(socket, refusal, settings.httpLingerTimeout, () => logFailure(client, refusal));
  };
  const server = createTcpServer((socket) => {
    const client = remoteAddress(socket);
    const refusal = admission.refusalOf(client, served.add() - 1, makeRoom);
    if (refusal === undefined) {
      serveClient(socket, client);
      return;
    }
    served.remove();
    refuse(socket, client, refusal);
  });

  return {
    server,
    closeIdle() {
      for (const connection of connections.values()) if (connection.idle) connection.closeLingering();
    },
  };
}
