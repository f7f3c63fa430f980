import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { type Dispatcher, errors } from 'undici';
import { resetSocket } from '../net/reset-socket.ts';
import { Failure } from './failure.ts';
import { forwardedFields, forwardedTrailers } from './header-fields.ts';
import { maxFields, maxHeadSize } from './limits.ts';
import { valuesOf } from './request-head.ts';
import { findResponseFault, isBodiless } from './response-head.ts';
import type { Upstream } from './upstream-pool.ts';

/** How a response ended. `whole`: delivered. `cut`: the upstream broke off in the middle, and the client was reset so that it knows. `upgraded`: 101. */
export type RelayEnd =
  | { readonly kind: 'whole' }
  | { readonly kind: 'cut'; readonly cause: Error }
  | { readonly kind: 'upgraded'; readonly socket: Duplex; readonly fields: readonly string[] };

/** What a relay needs to know of the message that it answers. */
export interface RelayOptions {
  readonly via: string;
  /** The request is on its way: the upstream is there. */
  readonly onStart: () => void;
  readonly onBytes: (count: number) => void;
  /** Whether this is to be the last response of the client's connection; asked when its head is written. */
  readonly isLast: () => boolean;
  /** Whether the client speaks HTTP/1.0, and so neither 1xx nor chunks nor trailers. */
  readonly http10: boolean;
}

/**
 * Relays what an upstream answers to a client, as undici's events tell it: informational responses, the head, the body under
 * back-pressure, trailers. `end` rejects with what undici reports as long as nothing of the final response has been written.
 */
export class ResponseRelay implements Dispatcher.DispatchHandler {
  readonly #response: ServerResponse;
  /** Asked itself when it drains: Node tells a response no more once a later request has taken the socket over. */
  readonly #client: Socket | null;
  readonly #upstream: Upstream;
  readonly #options: RelayOptions;
  readonly #end = Promise.withResolvers<RelayEnd>();
  #controller: Dispatcher.DispatchController | undefined;
  #aborted: Error | undefined;
  #bodyBegun = false;
  #informationalSize = 0;

  constructor(response: ServerResponse, upstream: Upstream, options: RelayOptions) {
    this.#response = response;
    this.#upstream = upstream;
    this.#options = options;
    this.#client = response.socket;
    this.#client?.on('drain', this.#resume);
    response.on('close', this.#closed);
    if (response.closed) this.#closed();
  }

  get end(): Promise<RelayEnd> {
    return this.#end.promise.finally(() => {
      this.#client?.off('drain', this.#resume);
      this.#response.off('close', this.#closed);
    });
  }

  /** Breaks off: nothing more is expected of the upstream. */
  abort(cause: Error): void {
    this.#aborted = cause;
    this.#controller?.abort(cause);
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#aborted === undefined) this.#options.onStart();
    else controller.abort(this.#aborted);
  }

  onResponseStart(controller: Dispatcher.DispatchController, _status: number, _fields: unknown, reasonPhrase?: string): void {
    const received = rawFields(controller.rawHeaders);
    const { status, version } = this.#upstream.statusLine;
    const fault = findResponseFault({ status, version, fields: received });
    if (fault !== undefined) throw new Failure('bad-response', fault);
    const bodiless = isBodiless(this.#response.req.method, status);
    // Trailers need chunks, which a response with a length or without a body has not.
    const chunked = !this.#options.http10 && !bodiless && valuesOf(received, 'content-length').length === 0;
    const kind = status < 200 || status === 204 ? 'response-without-length' : chunked ? 'response' : 'response-without-trailers';
    const fields = forwardedFields(received, kind, this.#options.via);
    if (status < 200) {
      this.#informationalSize += fields.join('').length;
      // Node has no back-pressure for them.
      if (this.#informationalSize > maxHeadSize) throw new Failure('bad-response', 'the informational responses are longer than 64 KiB');
      if (!this.#options.http10) this.#response.writeInformation(status, fields);
      return;
    }
    if (this.#options.http10 || this.#options.isLast()) this.#response.shouldKeepAlive = false;
    this.#response.writeHead(status, printable(reasonPhrase), fields);
    // In one packet with the part of the body that is there already; else by itself, for the body may be long in coming.
    queueMicrotask(() => {
      if (!this.#bodyBegun && !this.#response.writableEnded) this.#response.flushHeaders();
    });
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#bodyBegun = true;
    this.#options.onBytes(chunk.length);
    if (!this.#response.write(chunk)) controller.pause();
  }

  onResponseEnd(controller: Dispatcher.DispatchController): void {
    if (this.#upstream.broken) {
      // A body that ends with the connection did not end with this one.
      this.onResponseError(controller, new Error('the destination reset the connection'));
      return;
    }
    const received = rawFields(controller.rawTrailers);
    if (received.length > 2 * maxFields) throw new Failure('bad-response', `the response has more than ${maxFields} trailers`);
    const trailers = forwardedTrailers(received);
    if (trailers.length > 0 && this.#response.chunkedEncoding) this.#response.addTrailers(trailers);
    this.#response.end();
    this.#end.resolve({ kind: 'whole' });
  }

  onResponseError(_controller: unknown, error: Error): void {
    if (!this.#response.headersSent) {
      this.#end.reject(error);
      return;
    }
    if (this.#response.socket !== null) resetSocket(this.#response.socket);
    this.#end.resolve({ kind: 'cut', cause: this.#aborted ?? error });
  }

  onRequestUpgrade(controller: Dispatcher.DispatchController, _status: number, _fields: unknown, socket: Duplex): void {
    const { version } = this.#upstream.statusLine;
    // A field of HTTP/1.1, to be ignored in 1.0 (RFC 9110 7.8).
    if (version !== '1.1') throw new Failure('bad-response', `the destination switched protocols in HTTP/${version}`);
    this.#end.resolve({ kind: 'upgraded', socket, fields: rawFields(controller.rawHeaders) });
  }

  readonly #resume = () => this.#controller?.resume();
  readonly #closed = () => {
    if (!this.#response.writableFinished) this.abort(new Error('the client broke off'));
  };
}

/** The failure that an error of undici means to the client. */
export function responseFailure(error: unknown): Failure {
  if (error instanceof Failure) return error;
  const cause = { cause: error };
  const message = error instanceof Error ? error.message : String(error);
  if (error instanceof errors.HeadersTimeoutError) return new Failure('slow-response', 'the destination does not answer', cause);
  if (error instanceof errors.InvalidArgumentError) return new Failure('bad-request', message, cause);
  if (error instanceof errors.SocketError || isErrno(error, 'ECONNRESET', 'EPIPE')) {
    return new Failure('broken-connection', 'the destination closed the connection before it answered', cause);
  }
  return new Failure('bad-response', `the destination's answer is not HTTP: ${message}`, cause);
}

function isErrno(error: unknown, ...codes: readonly string[]): boolean {
  return error instanceof Error && 'code' in error && codes.includes(String(error.code));
}

/** undici hands buffers over; fields are octets, which Node's side keeps as latin1. */
function rawFields(fields: unknown): string[] {
  return Array.isArray(fields) ? fields.map((field: unknown) => (Buffer.isBuffer(field) ? field.toString('latin1') : String(field))) : [];
}

/** The reason phrase means nothing (RFC 9112 4), and Node writes no other than this. */
function printable(text: string | undefined): string {
  return text !== undefined && /^[\t\x20-\x7e]*$/.test(text) ? text : '';
}
