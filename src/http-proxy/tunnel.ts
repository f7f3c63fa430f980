import type { IncomingMessage } from 'node:http';
import { type Gate, splice } from '../net/splice.ts';
import { AccessRecord } from './access-record.ts';
import { checkRequest } from './check-request.ts';
import type { ClientConnection } from './client-connection.ts';
import type { ProxyContext } from './context.ts';
import { type Destination, formatDestination } from './destination.ts';
import type { Dialled } from './dial-allowed.ts';
import { Failure, failureOf } from './failure.ts';
import { formatFailureResponse } from './failure-page.ts';
import { judge } from './judge.ts';
import { parseAuthorityForm } from './request-target.ts';
import { createTlsGate } from './tls-gate.ts';

/** A CONNECT request, whose socket Node has let go of. What the client sends behind it waits in the socket. */
export interface TunnelRequest {
  readonly connection: ClientConnection;
  readonly request: IncomingMessage;
}

/** Serves CONNECT: judges the destination, connects, splices; or answers with a failure and closes. Then logs it. Never rejects. */
export async function serveTunnel(context: ProxyContext, tunnel: TunnelRequest): Promise<void> {
  const { socket } = tunnel.connection;
  const record = new AccessRecord(tunnel.connection.client, 'CONNECT');
  try {
    using _one = context.clientTunnels.take(tunnel.connection.client);
    await checkRequest(context, tunnel, record);
    const destination = readDestination(tunnel);
    record.setDestination(destination);
    const dialled = await connect(context, tunnel, destination, record);
    record.setAddress(dialled.allowed);
    record.status = 200;
    socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
    const gate = openGate(context, destination, dialled, record);
    const { bytesUp, bytesDown, reason } = await splice(socket, dialled.socket, { idleTimeout: context.settings.idleTimeout, ...gate });
    record.bytesUp = bytesUp;
    record.bytesDown = bytesDown;
    record.reason ??= reason;
  } catch (error) {
    const failure = failureOf(error);
    record.setFailure(failure);
    if (failure.kind === 'internal') context.log.error({ err: failure.cause }, 'a tunnel failed inside the router');
    if (socket.destroyed) record.setClientGone();
    else socket.end(formatFailureResponse(failure));
    tunnel.connection.closeLingering();
  }
  record.write(context.log, 'tunnel');
}

function readDestination({ request }: TunnelRequest): Destination {
  const destination = parseAuthorityForm(request.url ?? '');
  if (typeof destination === 'string') throw new Failure('bad-request', destination);
  return destination;
}

async function connect(
  context: ProxyContext,
  { connection }: TunnelRequest,
  destination: Destination,
  record: AccessRecord,
): Promise<Dialled> {
  const addresses = await judge(context.policy(), destination, context.resolve);
  record.setAddress(addresses[0]);
  const gone = new AbortController();
  const abort = () => gone.abort();
  if (connection.socket.closed) abort();
  connection.socket.once('close', abort);
  try {
    return await context.dial(addresses, destination.port, gone.signal);
  } finally {
    connection.socket.off('close', abort);
  }
}

function openGate(context: ProxyContext, destination: Destination, { allowed }: Dialled, record: AccessRecord): { gate?: Gate } {
  const { policy, settings, log } = context;
  const mode = settings.httpTlsServerName;
  if (mode === 'off') return {};
  const gate = createTlsGate({
    destination,
    allowed,
    policy,
    mode,
    // As much patience as with a destination that is dialled.
    holdTimeout: settings.connectTimeout,
    onFinding: ({ serverName, encrypted, fault }) => {
      record.serverName = serverName;
      record.encrypted = encrypted;
      if (fault === undefined) return;
      record.reason = fault;
      record.denied = mode === 'enforce';
      if (mode === 'report') log.warn({ destination: formatDestination(destination), serverName: serverName?.slice(0, 300) }, fault);
    },
  });
  return { gate };
}
