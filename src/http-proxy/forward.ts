import { framingOf } from '../http/body-reader.ts';
import { writeInBatch } from '../net/batched-writes.ts';
import { AccessRecord } from './access-record.ts';
import { answerLast } from './answer-last.ts';
import { checkRequest } from './check-request.ts';
import type { ClientRequest } from './client-request.ts';
import type { ProxyContext } from './context.ts';
import type { AllowedAddress } from './decide.ts';
import { exchange } from './exchange.ts';
import { Failure, failureOf } from './failure.ts';
import { formatFailurePage } from './failure-page.ts';
import { judge } from './judge.ts';
import { countForward } from './max-forwards.ts';
import { parseAbsoluteForm } from './request-target.ts';
import { ClosedEarlyError } from './response-reader.ts';
import { type RelayEnd, responseFailure } from './response-relay.ts';
import type { UpstreamConnection } from './upstream-connection.ts';

/** Takes over when the destination switches protocols; returns when the tunnel has ended. @throws Failure */
export type OnSwitch = (upstream: UpstreamConnection, end: Extract<RelayEnd, { kind: 'switched' }>, record: AccessRecord) => Promise<void>;

/**
 * Serves a request in absolute form: judges it, sends it on, relays the response, or answers with a failure; then logs it. Never rejects.
 * @param onSwitch given for a request that asks for a WebSocket
 */
export async function forward(context: ProxyContext, request: ClientRequest, onSwitch?: OnSwitch): Promise<void> {
  const { client } = request.connection;
  const record = new AccessRecord(client, request.head.method);
  let message: 'request' | 'tunnel' = 'request';
  const limit = onSwitch === undefined ? context.clientRequests : context.clientTunnels;
  try {
    limit.take(client);
    try {
      const end = await forwardOrThrow(context, request, onSwitch, record);
      if (end.kind === 'switched') message = 'tunnel';
      else record.status = end.status;
      if (end.kind === 'cut') record.reason = end.cause.message;
    } finally {
      limit.release(client);
    }
  } catch (error) {
    respondFailure(context, request, failureOf(error), record);
  }
  request.stop();
  record.write(context.log, message);
}

async function forwardOrThrow(
  context: ProxyContext,
  request: ClientRequest,
  onSwitch: OnSwitch | undefined,
  record: AccessRecord,
): Promise<RelayEnd> {
  const { head } = request;
  await checkRequest(context, request, record);
  const target = parseAbsoluteForm(head.target, head.method);
  if (typeof target === 'string') throw new Failure('bad-request', target);
  record.setDestination(target.destination);
  const addresses = await judge(context.policy(), target.destination, context.resolve);
  record.setAddress(addresses[0]);
  const fields = countForward(head.method, head.fields);
  if (fields === undefined) return { kind: 'whole', status: answerLast(request) };

  for (let repeated = false; ; repeated = true) {
    // A WebSocket gets a connection of its own, which never goes to the pool; and what is sent once more is not to need a third time.
    const kept = onSwitch === undefined && !repeated ? context.pool.take(addresses, target.destination.port) : undefined;
    const upstream = kept ?? (await dial(context, request, addresses, target.destination.port));
    record.setAddress(upstream.allowed);
    try {
      const end = await exchange(context, { request, target, fields, upstream, record, upgrade: onSwitch !== undefined });
      if (end.kind === 'switched') {
        if (onSwitch === undefined) throw new Failure('bad-response', 'the destination switched to a protocol that it was not asked for');
        request.onGone = () => {};
        // The splice has an idle timeout of its own.
        request.connection.socket.setTimeout(0);
        await onSwitch(upstream, end, record);
      } else if (end.kind === 'whole' && request.complete) context.pool.give(upstream);
      else upstream.socket.destroy();
      return end;
    } catch (error) {
      upstream.socket.destroy();
      if (request.connection.socket.destroyed || !mayRepeat(error, upstream, request)) throw responseFailure(error);
    }
  }
}

async function dial(
  { pool }: ProxyContext,
  request: ClientRequest,
  addresses: readonly [AllowedAddress, ...AllowedAddress[]],
  port: number,
): Promise<UpstreamConnection> {
  const upstream = await pool.dial(addresses, port, request.goneSignal());
  request.connection.restartTimeout();
  return upstream;
}

/**
 * A connection that was kept may be closed by the destination just when it is used again. The request is sent once more where that is harmless
 * (RFC 9110 9.2.2) and nothing of the response had come.
 */
function mayRepeat(error: unknown, { reused }: UpstreamConnection, { head: { method, fields } }: ClientRequest): boolean {
  const safe = method === 'GET' || method === 'HEAD' || method === 'OPTIONS' || method === 'TRACE';
  const bodiless = [0, 'undelimited'].includes(framingOf(fields));
  return reused && safe && bodiless && error instanceof ClosedEarlyError;
}

function respondFailure(context: ProxyContext, request: ClientRequest, failure: Failure, record: AccessRecord): void {
  const { socket } = request.connection;
  record.setFailure(failure);
  if (failure.kind === 'internal') context.log.error({ err: failure.cause }, 'a request failed inside the router');
  if (socket.destroyed) {
    record.setClientGone();
    return;
  }
  // What follows a request that could not be read cannot be trusted, and a body that is not wanted need not be read.
  const untrusted = !request.complete || failure.status === 400 || failure.status === 431;
  if (untrusted || context.closing()) request.setLast();
  writeInBatch(socket, Buffer.from(formatFailurePage(failure, request.last, request.head.method)));
}
