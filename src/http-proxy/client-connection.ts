import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { Settings } from '../config/settings.ts';
import { closeLingering } from '../net/close-lingering.ts';
import { Failure } from './failure.ts';
import { formatFailureResponse } from './failure-page.ts';
import { RequestLineTap } from './request-line-tap.ts';

/**
 * Whether nothing behind this request can be served. Node's parser stops at one that asks for an upgrade and, when it is served as a plain
 * request, has lost what came in the same packet: what comes next would be read from the middle.
 */
export function isLastRequest({ headers }: IncomingMessage): boolean {
  return headers.upgrade !== undefined;
}

/** One client: its requests are served one after the other, in the order in which they came. */
export class ClientConnection {
  readonly socket: Socket;
  /** The client's address, an IPv4 address as such. */
  readonly client: string;
  readonly tap: RequestLineTap;
  readonly #settings: Settings;
  #turn: Promise<void> = Promise.resolve();
  #waiting = 0;
  #lastCame = false;
  #last: IncomingMessage | undefined;
  #fault: Failure | undefined;
  #onFaultTurn: (() => void) | undefined;
  #watched: { request: IncomingMessage; onFault: (failure: Failure) => void } | undefined;

  /** @param client as `client` below: a socket that has been reset does not know it any more */
  constructor(socket: Socket, client: string, settings: Settings) {
    this.socket = socket;
    this.client = client;
    this.#settings = settings;
    this.tap = new RequestLineTap(socket, settings.httpHeaderSize);
    // Node's HTTP server calls this after the last response, and would close with bytes of the client unread.
    socket.destroySoon = () => {
      this.#answerFault();
      this.closeLingering();
    };
    // Node's parser tells of every body that ends too early but that of a request that asked for an upgrade.
    socket.once('end', () => {
      if (this.#last?.complete === false) this.fail(new Failure('bad-request', 'the request body ended too early'), () => {});
    });
  }

  /** Ends the connection, and reads on until the client has ended too, or for the linger timeout. */
  closeLingering(): void {
    closeLingering(this.socket, this.#settings.httpLingerTimeout);
  }

  /** No request is being served or waits. */
  get idle(): boolean {
    return this.#waiting === 0;
  }

  /**
   * Serves a request when all before it have been. `serve` must not reject. A request that comes after the connection's last answer is
   * dropped, and so is the whole connection of a client that pipelines without bounds.
   */
  serve(request: IncomingMessage, serve: () => Promise<void>): void {
    this.tap.report(request);
    if (this.socket.writableEnded || this.#fault !== undefined || this.#lastCame) return;
    this.#lastCame = isLastRequest(request);
    if (this.#waiting >= this.#settings.httpPipelined) {
      this.socket.destroy();
      return;
    }
    this.#last = request;
    this.#waiting += 1;
    this.#turn = this.#turn.then(async () => {
      if (!this.socket.destroyed && !this.socket.writableEnded) await serve();
      this.#waiting -= 1;
    });
  }

  /** What is wrong with the body of a request, as far as it has been read. */
  faultOf(request: IncomingMessage): Failure | undefined {
    return request.complete ? undefined : this.#fault;
  }

  /** Tells `onFault` when the rest of the body of the request being served turns out to be malformed; once, at most. */
  watchBody(request: IncomingMessage, onFault: (failure: Failure) => void): void {
    this.#watched = { request, onFault };
  }

  /**
   * The client sent what is no HTTP. If that is the body of a request, whoever serves it answers; else this does, when all requests
   * before it have been answered, and calls `answered`.
   */
  fail(failure: Failure, answered: () => void): void {
    if (this.#fault !== undefined) return;
    this.#fault = failure;
    if (this.#last !== undefined && !this.#last.complete) {
      if (this.#watched?.request === this.#last) this.#watched.onFault(failure);
      return;
    }
    if (this.#lastCame) return;
    this.#onFaultTurn = answered;
    this.#turn = this.#turn.then(() => {
      this.#answerFault();
      this.closeLingering();
    });
  }

  #answerFault(): void {
    const answered = this.#onFaultTurn;
    this.#onFaultTurn = undefined;
    if (this.#fault === undefined || answered === undefined || this.socket.destroyed || this.socket.writableEnded) return;
    this.socket.end(formatFailureResponse(this.#fault));
    answered();
  }
}
