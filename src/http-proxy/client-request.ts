import { type BodyReader, framingOf, openBodyReader } from '../http/body-reader.ts';
import type { BodySink } from '../http/body-sink.ts';
import { valuesOf } from '../http/fields.ts';
import { HttpError } from '../http/http-error.ts';
import { findRequestHeadFault, type RequestHead } from '../http/request-head.ts';
import { isPersistent } from '../http/response-head.ts';
import type { ClientConnection } from './client-connection.ts';
import { Failure } from './failure.ts';

/** A request of a client, whose body may still be on its way. */
export class ClientRequest {
  readonly connection: ClientConnection;
  readonly head: RequestHead;
  /** What is wrong with the framing: neither a body nor anything behind it can be read. */
  readonly fault: string | undefined;
  /** Called when the client is gone while the request is being served. */
  onGone: () => void = () => {};
  readonly #body: BodyReader;
  #sink: BodySink | undefined;
  #paused = false;
  #kept = true;
  #last: boolean;

  constructor(connection: ClientConnection, head: RequestHead) {
    this.connection = connection;
    this.head = head;
    this.fault = findRequestHeadFault(head);
    const framing = this.fault === undefined ? framingOf(head.fields) : 0;
    this.#body = openBodyReader(framing === 'undelimited' ? 0 : framing);
    // Behind a request for an upgrade there may be bytes of another protocol, whatever becomes of it.
    this.#last =
      this.fault !== undefined ||
      head.version === '1.0' ||
      !isPersistent(head) ||
      head.method === 'CONNECT' ||
      valuesOf(head.fields, 'upgrade').length > 0;
  }

  /** Aborts when the client is gone; instead of whatever was to be called then. */
  goneSignal(): AbortSignal {
    const gone = new AbortController();
    this.onGone = () => gone.abort();
    if (this.connection.socket.destroyed) gone.abort();
    return gone.signal;
  }

  /** Its body, which may be empty, has been read to the end. */
  get complete(): boolean {
    return this.#body.ended;
  }

  /** Whether its answer is to be the last of the connection, as far as is known now. What has been said to the client must stay true. */
  get last(): boolean {
    return this.#last;
  }

  /** Its answer will be the last of the connection. */
  setLast(): void {
    this.#last = true;
  }

  /** Gives the body to the sink, until it is stopped. Not for a request without body. */
  read(sink: BodySink): void {
    this.#sink = sink;
    this.connection.readOn();
  }

  /** Nobody wants what is left of the body. */
  stop(): void {
    this.#sink = undefined;
  }

  /** Stops the body for a while. */
  pause(): void {
    this.#paused = true;
  }

  /** Goes on with the body. */
  resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    this.connection.readOn();
  }

  /** Somebody takes the body now. */
  get flowing(): boolean {
    return this.#sink !== undefined && !this.#paused && !this.complete;
  }

  /** Somebody takes the body, but not now. */
  get held(): boolean {
    return this.#sink !== undefined && this.#paused;
  }

  /** Whether something is kept, somewhere, of the bytes that were last taken. */
  get kept(): boolean {
    return this.#kept;
  }

  /** Gives bytes to the sink. Returns how many were of the body; all of them when it turns out to be malformed. */
  take(bytes: Buffer): number {
    const sink = this.#sink;
    if (sink === undefined) return 0;
    this.#kept = true;
    try {
      const count = this.#body.read(bytes, (data) => sink.onData(data));
      if (this.complete) sink.onEnd(this.#body.trailers);
      this.#kept = !sink.onRead();
      return count;
    } catch (error) {
      if (!(error instanceof HttpError)) throw error;
      this.#fail(new Failure('bad-request', error.message));
      return bytes.length;
    }
  }

  /** The client has finished sending, and all of it has been taken. */
  end(): void {
    if (!this.complete) this.#fail(new Failure('bad-request', 'the request body ended too early'));
  }

  #fail(failure: Failure): void {
    this.setLast();
    const sink = this.#sink;
    this.#sink = undefined;
    sink?.onError(failure);
  }
}
