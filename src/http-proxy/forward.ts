import { type IncomingMessage, type ServerResponse, STATUS_CODES } from 'node:http';
import type { Readable } from 'node:stream';
import { errors } from 'undici';
import { AccessRecord } from './access-record.ts';
import { answerLast } from './answer-last.ts';
import { dispatchAsteriskForm } from './asterisk-form.ts';
import { checkRequest } from './check-request.ts';
import { type ClientConnection, isLastRequest } from './client-connection.ts';
import type { ProxyContext } from './context.ts';
import type { AllowedAddress } from './decide.ts';
import { Failure, failureOf } from './failure.ts';
import { writeFailurePage } from './failure-page.ts';
import { forwardedFields } from './header-fields.ts';
import { judge } from './judge.ts';
import { countForward } from './max-forwards.ts';
import { openRequestBody } from './request-body.ts';
import { valuesOf } from './request-head.ts';
import { parseAbsoluteForm, type RequestTarget } from './request-target.ts';
import { type RelayEnd, ResponseRelay, responseFailure } from './response-relay.ts';
import { isStale, type Upstream } from './upstream-pool.ts';

/** One request in absolute form and where its answer goes. */
export interface ForwardedRequest {
  readonly connection: ClientConnection;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** The client waits for 100 before it sends the body. */
  readonly expectsContinue: boolean;
  /** Given for a request that asks for a WebSocket: takes over on 101, and returns when the tunnel has ended. @throws Failure */
  readonly onUpgrade?: (upgrade: Extract<RelayEnd, { kind: 'upgraded' }>, record: AccessRecord) => Promise<void>;
}

/** Serves a request: judges it, sends it on, relays the response, or answers with a failure; then logs it. Never rejects. */
export async function forward(context: ProxyContext, served: ForwardedRequest): Promise<void> {
  const { connection, request, response } = served;
  const record = new AccessRecord(connection.client, request.method);
  const closed = new Promise<void>((resolve) => response.once('close', resolve));
  if (isLastRequest(request)) response.shouldKeepAlive = false;
  let message: 'request' | 'tunnel' = 'request';
  try {
    using _one = (served.onUpgrade === undefined ? context.clientRequests : context.clientTunnels).take(connection.client);
    const end = await forwardOrThrow(context, served, record);
    if (end.kind === 'upgraded') message = 'tunnel';
    else await closed;
    record.status ??= response.statusCode;
    if (end.kind === 'cut') record.reason = end.cause.message;
  } catch (error) {
    respondFailure(context, served, failureOf(error), record);
    await closed;
  }
  record.write(context.log, message);
}

async function forwardOrThrow(context: ProxyContext, served: ForwardedRequest, record: AccessRecord): Promise<RelayEnd> {
  const { request, response } = served;
  await checkRequest(context, served, record);
  const target = parseAbsoluteForm(request.url ?? '', request.method);
  if (typeof target === 'string') throw new Failure('bad-request', target);
  record.setDestination(target.destination);
  const addresses = await judge(context.policy(), target.destination, context.resolve);
  record.setAddress(addresses[0]);
  const fields = countForward(request.method, request.rawHeaders);
  if (fields === undefined) {
    answerLast(request, response);
    return { kind: 'whole' };
  }

  const body = hasBody(request)
    ? openRequestBody(request, (count) => {
        record.bytesUp += count;
      })
    : undefined;
  for (;;) {
    const upstream = await connect(context, served, addresses, target.destination.port);
    record.setAddress(upstream.allowed);
    try {
      const end = await send(context, served, { target, fields, body, upstream, record });
      if (end.kind === 'whole') context.pool.give(upstream);
      if (end.kind === 'cut') upstream.socket.destroy();
      if (end.kind === 'upgraded') await served.onUpgrade?.(end, record);
      return end;
    } catch (error) {
      upstream.socket.destroy();
      if (response.closed || !mayRepeat(error, upstream, request, body)) throw responseFailure(error);
    }
  }
}

/** A WebSocket gets a connection of its own: it never goes back to the pool. */
async function connect(
  { pool }: ProxyContext,
  { response, onUpgrade }: ForwardedRequest,
  addresses: readonly [AllowedAddress, ...AllowedAddress[]],
  port: number,
): Promise<Upstream> {
  const gone = new AbortController();
  const abort = () => gone.abort();
  if (response.closed) abort();
  response.once('close', abort);
  try {
    return await (onUpgrade === undefined ? pool.take(addresses, port, gone.signal) : pool.dial(addresses, port, gone.signal));
  } finally {
    response.off('close', abort);
  }
}

/** What is sent, and by which connection. */
interface Sending {
  readonly target: RequestTarget;
  /** Of the request, names and values in turn. */
  readonly fields: readonly string[];
  readonly body: Readable | undefined;
  readonly upstream: Upstream;
  readonly record: AccessRecord;
}

function send(context: ProxyContext, served: ForwardedRequest, { target, fields, body, upstream, record }: Sending): Promise<RelayEnd> {
  const { connection, request, response, expectsContinue, onUpgrade } = served;
  let continued = false;
  const relay = new ResponseRelay(response, upstream, {
    via: `1.1 ${context.pseudonym}`,
    http10: request.httpVersion === '1.0',
    isLast: () => !request.complete || context.closing(),
    onStart: () => {
      if (expectsContinue && !continued) response.writeContinue();
      continued = true;
    },
    onBytes: (count) => {
      record.bytesDown += count;
    },
  });
  const fault = connection.faultOf(request);
  if (fault !== undefined) throw fault;
  connection.watchBody(request, (failure) => relay.abort(failure));
  const dispatch = (path: string) =>
    upstream.client.dispatch(
      {
        method: request.method ?? 'GET',
        path,
        headers: ['Host', target.authority, ...forwardedFields(fields, 'request', `${request.httpVersion} ${context.pseudonym}`)],
        body: body ?? null,
        ...(onUpgrade === undefined ? {} : { upgrade: 'websocket' }),
      },
      relay,
    );
  if (target.path === '*') dispatchAsteriskForm(() => dispatch('/'));
  else dispatch(target.path);
  return relay.end;
}

function hasBody(request: IncomingMessage): boolean {
  return (
    valuesOf(request.rawHeaders, 'transfer-encoding').length > 0 ||
    valuesOf(request.rawHeaders, 'content-length').some((value) => Number(value) > 0)
  );
}

/**
 * A connection that was kept may be closed by the destination just when it is used again. The request is sent once more where nothing
 * of it had left, and where sending it twice is harmless (RFC 9110 9.2.2).
 */
function mayRepeat(error: unknown, { reused }: Upstream, { method }: IncomingMessage, body: Readable | undefined): boolean {
  if (!reused) return false;
  if (isStale(error)) return true;
  const safe = method === 'GET' || method === 'HEAD' || method === 'OPTIONS' || method === 'TRACE';
  return (
    safe &&
    body === undefined &&
    (error instanceof errors.SocketError || (error instanceof Error && 'code' in error && error.code === 'ECONNRESET'))
  );
}

function respondFailure(
  context: ProxyContext,
  { connection, request, response }: ForwardedRequest,
  failure: Failure,
  record: AccessRecord,
): void {
  record.setFailure(failure);
  if (failure.kind === 'internal') context.log.error({ err: failure.cause }, 'a request failed inside the router');
  if (connection.socket.destroyed || response.headersSent) {
    record.setClientGone();
    connection.socket.destroy();
    return;
  }
  const page = writeFailurePage(failure);
  // What follows a request that could not be read cannot be trusted, and a body that is not wanted need not be read.
  const untrusted = !request.complete || page.status === 400 || page.status === 431;
  if (untrusted || context.closing()) response.shouldKeepAlive = false;
  response.writeHead(page.status, STATUS_CODES[page.status], page.fields).end(page.body);
}
