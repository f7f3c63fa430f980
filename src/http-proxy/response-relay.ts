import { framingOf } from '../http/body-reader.ts';
import { type Fields, formatFields, valuesOf } from '../http/fields.ts';
import { HttpError } from '../http/http-error.ts';
import { isBodiless, maxFields, type ResponseHead } from '../http/response-head.ts';
import { hasBacklog } from '../net/batched-writes.ts';
import { GatheredWrites } from '../net/gathered-writes.ts';
import { resetSocket } from '../net/reset-socket.ts';
import { addData } from './add-data.ts';
import type { ClientRequest } from './client-request.ts';
import { Failure } from './failure.ts';
import { forwardedFields, forwardedTrailers } from './header-fields.ts';
import { maxResponseHead, type ResponseSink } from './response-reader.ts';
import type { UpstreamConnection } from './upstream-connection.ts';

/**
 * How a response ended. `whole`: delivered. `cut`: it broke off in the middle, and the client was reset so that it knows. `switched`: 101, and
 * the connection is the caller's.
 */
export type RelayEnd =
  | { readonly kind: 'whole'; readonly status: number }
  | { readonly kind: 'cut'; readonly status: number; readonly cause: Error }
  | { readonly kind: 'switched'; readonly head: ResponseHead; readonly behind: Buffer };

/** What a relay needs to know besides the two sides. */
export interface RelayOptions {
  readonly via: string;
  readonly onBytes: (count: number) => void;
  /** Seconds for which the client's connection is kept after the response. */
  readonly keepAlive: number;
  /** No connection outlives its present request. */
  readonly closing: () => boolean;
}

/**
 * Relays what an upstream answers to a client: informational responses, the head, the body under back-pressure, trailers. `end` rejects with
 * what went wrong as long as nothing of the final response has been written.
 */
export class ResponseRelay implements ResponseSink {
  readonly #request: ClientRequest;
  readonly #upstream: UpstreamConnection;
  readonly #options: RelayOptions;
  readonly #writes: GatheredWrites;
  readonly #end = Promise.withResolvers<RelayEnd>();
  /** That of the final response, once its head is written. */
  #status: number | undefined;
  #chunked = false;
  #informationalSize = 0;
  #waiting = false;

  constructor(request: ClientRequest, upstream: UpstreamConnection, options: RelayOptions) {
    this.#request = request;
    this.#upstream = upstream;
    this.#options = options;
    this.#writes = new GatheredWrites(request.connection.socket);
    request.onGone = () => this.abort(new Error('the client broke off'));
  }

  /** Settles once. */
  get end(): Promise<RelayEnd> {
    return this.#end.promise;
  }

  /** Breaks off: nothing more is expected of the upstream. */
  abort(cause: Error): void {
    // What the client sent in time arrives.
    this.#upstream.socket.uncork();
    this.#upstream.socket.destroy();
    this.onError(cause);
  }

  onHead(head: ResponseHead): void {
    if (head.status < 200) this.#relayInformation(head);
    else this.#relayHead(head);
  }

  onData(data: Buffer): void {
    this.#options.onBytes(data.length);
    addData(this.#writes, data, this.#chunked);
  }

  onRead(): boolean {
    const { socket } = this.#request.connection;
    if (!this.#writes.flush() && !this.#waiting) {
      this.#waiting = true;
      this.#upstream.socket.pause();
      socket.once('drain', () => {
        this.#waiting = false;
        this.#upstream.socket.resume();
      });
    }
    return socket.writableLength === 0;
  }

  onEnd(trailers: Fields): void {
    if (trailers.length > 2 * maxFields) {
      this.onError(new Failure('bad-response', `the response has more than ${maxFields} trailers`));
      return;
    }
    if (this.#chunked) this.#writes.add(`0\r\n${formatFields(forwardedTrailers(trailers))}\r\n`);
    const { socket } = this.#request.connection;
    const status = this.#status ?? 0;
    this.#writes.flush();
    if (!hasBacklog(socket)) this.#end.resolve({ kind: 'whole', status });
    // Behind what waits; or never, and then the client is gone.
    else socket.write('', (error) => error ?? this.#end.resolve({ kind: 'whole', status }));
  }

  onError(cause: Error): void {
    if (this.#status === undefined) {
      this.#end.reject(cause);
      return;
    }
    resetSocket(this.#request.connection.socket);
    this.#end.resolve({ kind: 'cut', status: this.#status, cause });
  }

  onSwitch(head: ResponseHead, behind: Buffer): void {
    this.#end.resolve({ kind: 'switched', head, behind });
  }

  #relayInformation({ status, reason, fields }: ResponseHead): void {
    const text = `HTTP/1.1 ${status} ${reason}\r\n${formatFields(forwardedFields(fields, 'response-without-length', this.#options.via))}\r\n`;
    this.#informationalSize += text.length;
    if (this.#informationalSize > maxResponseHead) {
      throw new Failure('bad-response', `the informational responses are longer than ${maxResponseHead} bytes`);
    }
    if (this.#request.head.version !== '1.0') this.#writes.add(text);
  }

  #relayHead({ status, reason, fields }: ResponseHead): void {
    const { head } = this.#request;
    const framing = isBodiless(head.method, status) ? 0 : framingOf(fields);
    this.#chunked = typeof framing !== 'number' && head.version !== '1.0';
    const kind = status === 204 ? 'response-without-length' : this.#chunked ? 'response' : 'response-without-trailers';
    if (!this.#request.complete || this.#options.closing()) this.#request.setLast();
    this.#writes.add(
      `HTTP/1.1 ${status} ${reason}\r\n${formatFields(forwardedFields(fields, kind, this.#options.via))}${this.#ownFields(fields)}\r\n`,
    );
    this.#status = status;
  }

  #ownFields(fields: Fields): string {
    // A recipient with a clock adds it (RFC 9110 6.6.1).
    const date = valuesOf(fields, 'date').length > 0 ? '' : `Date: ${new Date().toUTCString()}\r\n`;
    const framing = this.#chunked ? 'Transfer-Encoding: chunked\r\n' : '';
    const persistence = this.#request.last
      ? 'Connection: close\r\n'
      : `Connection: keep-alive\r\nKeep-Alive: timeout=${this.#options.keepAlive}\r\n`;
    return `${date}${framing}${persistence}`;
  }
}

/** The failure that an error of an upstream means to the client. */
export function responseFailure(error: unknown): Failure {
  if (error instanceof Failure) return error;
  const cause = { cause: error };
  if (error instanceof HttpError) return new Failure('bad-response', `the destination's answer is not HTTP: ${error.message}`, cause);
  return new Failure('broken-connection', 'the destination closed the connection before it answered', cause);
}
