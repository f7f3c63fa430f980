import { writeInBatch } from '../net/batched-writes.ts';
import type { Gate } from '../net/gate.ts';
import { splice } from '../net/splice.ts';
import { AccessRecord } from './access-record.ts';
import { checkRequest } from './check-request.ts';
import type { ClientRequest } from './client-request.ts';
import type { ProxyContext } from './context.ts';
import { type Destination, formatDestination } from './destination.ts';
import type { Dialled } from './dial-allowed.ts';
import { Failure, failureOf } from './failure.ts';
import { formatFailurePage } from './failure-page.ts';
import { judge } from './judge.ts';
import { parseAuthorityForm } from './request-target.ts';
import { TlsGate } from './tls-gate.ts';

/** Serves CONNECT: judges the destination, connects, splices; or answers with a failure. Then logs it. Never rejects. */
export async function serveTunnel(context: ProxyContext, request: ClientRequest): Promise<void> {
  const { socket, client } = request.connection;
  const record = new AccessRecord(client, 'CONNECT');
  try {
    context.clientTunnels.take(client);
    try {
      await serveOrThrow(context, request, record);
    } finally {
      context.clientTunnels.release(client);
    }
  } catch (error) {
    const failure = failureOf(error);
    record.setFailure(failure);
    if (failure.kind === 'internal') context.log.error({ err: failure.cause }, 'a tunnel failed inside the router');
    if (socket.destroyed) record.setClientGone();
    else writeInBatch(socket, Buffer.from(formatFailurePage(failure, true)));
  }
  record.write(context.log, 'tunnel');
}

async function serveOrThrow(context: ProxyContext, request: ClientRequest, record: AccessRecord): Promise<void> {
  const { socket } = request.connection;
  await checkRequest(context, request, record);
  const destination = readDestination(request);
  record.setDestination(destination);
  const dialled = await connect(context, request, destination, record);
  record.setAddress(dialled.allowed);
  record.status = 200;
  writeInBatch(socket, 'HTTP/1.1 200 Connection established\r\n\r\n');
  // The splice has an idle timeout of its own.
  socket.setTimeout(0);
  const gate = openGate(context, destination, dialled, record);
  const { bytesUp, bytesDown, reason } = await splice(socket, dialled.socket, { idleTimeout: context.settings.idleTimeout, ...gate });
  record.bytesUp = bytesUp;
  record.bytesDown = bytesDown;
  record.reason ??= reason;
}

function readDestination({ head }: ClientRequest): Destination {
  const destination = parseAuthorityForm(head.target);
  if (typeof destination === 'string') throw new Failure('bad-request', destination);
  return destination;
}

async function connect(context: ProxyContext, request: ClientRequest, destination: Destination, record: AccessRecord): Promise<Dialled> {
  const addresses = await judge(context.policy(), destination, context.resolve);
  record.setAddress(addresses[0]);
  try {
    return await context.dial(addresses, destination.port, request.goneSignal());
  } finally {
    request.onGone = () => {};
  }
}

function openGate(context: ProxyContext, destination: Destination, { allowed }: Dialled, record: AccessRecord): { gate?: Gate } {
  const { policy, settings, log } = context;
  const mode = settings.httpTlsServerName;
  if (mode === 'off') return {};
  const gate = new TlsGate({
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
