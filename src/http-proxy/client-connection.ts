import type { Socket } from 'node:net';
import type { Settings } from '../config/settings.ts';
import { HeadReader, LongHeadError } from '../http/head-reader.ts';
import { HttpError } from '../http/http-error.ts';
import { parseRequestHead } from '../http/request-head.ts';
import { allSent } from '../net/batched-writes.ts';
import { closeLingering } from '../net/close-lingering.ts';
import { Received } from '../net/received.ts';
import { resetSocket } from '../net/reset-socket.ts';
import { ClientDeadline } from './client-deadline.ts';
import { ClientRequest } from './client-request.ts';
import { Failure } from './failure.ts';
import { formatFailurePage } from './failure-page.ts';
import { asksForTunnel } from './tunnel-request.ts';

/** Bytes behind the request being served that are kept. With more the client has to wait, and is not watched any more. */
const maxAhead = 64 * 1024;

/** What connections do with what they read; the same for all. */
export interface ClientEvents {
  /** Serves a request; settles when its answer is written, or nobody is there to read it. Must not reject. */
  readonly serve: (request: ClientRequest) => Promise<void>;
  /** What came was no request, and has been answered. */
  readonly onFailure: (connection: ClientConnection, failure: Failure) => void;
  /** It is closed between two requests. */
  readonly onIdle: (connection: ClientConnection, reason: string) => void;
  /** No connection outlives its present request. */
  readonly closing: () => boolean;
}

/** One client: its requests are read and served one after the other, in the order in which they came. */
export class ClientConnection {
  readonly socket: Socket;
  /** The client's address, an IPv4 address as such. */
  readonly client: string;
  readonly #settings: Settings;
  readonly #events: ClientEvents;
  readonly #heads: HeadReader;
  readonly #received = new Received();
  readonly #deadline: ClientDeadline;
  #request: ClientRequest | undefined;
  #restingSince = performance.now();
  #ended = false;
  /** Nothing of it is read any more: it is a tunnel, or closes. */
  #done = false;

  /** @param client as `client` below: a socket that has been reset does not know it any more */
  constructor(socket: Socket, client: string, settings: Settings, events: ClientEvents) {
    this.socket = socket;
    this.client = client;
    this.#settings = settings;
    this.#events = events;
    this.#heads = new HeadReader(settings.httpHeaderSize);
    this.#deadline = new ClientDeadline(socket, settings, {
      onSlowHead: () => this.#fail(new Failure('slow-request', 'the request head took too long')),
      onRested: () => this.#closeIdle('no request within the keep-alive timeout'),
    });
    socket.on('data', this.#onData);
    socket.on('end', this.#onEnd);
    socket.on('timeout', this.#onTimeout);
    socket.on('close', this.#onClose);
    this.#deadline.startHead();
  }

  /** No request is being served. */
  get idle(): boolean {
    return this.#request === undefined;
  }

  /** When the last answer ended, or it began, by `performance.now()`; undefined = a request is being served, or it is closing. */
  get restingSince(): number | undefined {
    return this.idle && !this.#done ? this.#restingSince : undefined;
  }

  /** A request has begun to come. */
  get hasBegun(): boolean {
    return this.#received.bytes.length > 0;
  }

  /** Closes it in favour of another, while it rests. */
  giveWay(): void {
    this.#closeIdle('its place was needed');
  }

  /** Ends the connection, and reads on until the client has ended too, or for the linger timeout. */
  closeLingering(): void {
    this.#stopReading();
    // A client that never reads has as long as for any answer.
    this.#deadline.startExchange();
    closeLingering(this.socket, this.#settings.httpLingerTimeout);
  }

  /** Reads what is there, and more unless what is there is much. */
  readOn(): void {
    const received = this.#received;
    while (!this.#done && received.bytes.length > 0) {
      if (this.#request === undefined) {
        if (!this.#takeRequest()) break;
      } else if (this.#request.flowing) {
        received.take(this.#request.take(received.bytes));
      } else {
        break;
      }
    }
    received.letGo(this.#request?.kept ?? true);
    if (this.#done) return;
    const ahead = received.bytes.length;
    if (this.#ended && ahead === 0) this.#request?.end();
    const isEnough = this.#request !== undefined && (this.#request.held || ahead >= maxAhead);
    if (isEnough) this.socket.pause();
    else if (this.socket.isPaused()) this.socket.resume();
  }

  /** The time in which something must move begins anew: the destination's does now. */
  restartTimeout(): void {
    this.#deadline.startExchange();
  }

  readonly #onData = (chunk: Buffer) => {
    this.#received.add(chunk);
    this.readOn();
  };

  readonly #onEnd = () => {
    this.#ended = true;
    if (this.#request === undefined) this.#endBetween();
    else this.readOn();
  };

  /** Nothing has moved of a request, or of the end of the last answer. A reset, for a body that ends with the connection must not seem whole. */
  readonly #onTimeout = () => resetSocket(this.socket);

  readonly #onClose = () => {
    this.#stopReading();
    this.#request?.onGone();
  };

  /** Returns false when there is no whole request yet. */
  #takeRequest(): boolean {
    try {
      const received = this.#received;
      // Empty lines in front of a request are passed over (RFC 9112 2.2).
      while (received.bytes[0] === 13 && received.bytes[1] === 10) received.take(2);
      const head = received.bytes.length > 0 ? this.#heads.find(received.bytes) : undefined;
      if (head === undefined) {
        if (received.bytes.length > 0 && !isHalfLine(received.bytes)) this.#deadline.startHead();
        return false;
      }
      received.take(head.end);
      void this.#serve(new ClientRequest(this, parseRequestHead(head.text)));
      return true;
    } catch (error) {
      if (!(error instanceof HttpError)) throw error;
      this.#fail(new Failure(error instanceof LongHeadError ? 'large-head' : 'bad-request', error.message));
      return false;
    }
  }

  async #serve(request: ClientRequest): Promise<void> {
    this.#request = request;
    this.restartTimeout();
    if (asksForTunnel(request)) {
      if (this.#ended && this.#received.bytes.length > 0) {
        this.#fail(new Failure('bad-request', 'the client finished sending before its tunnel could be opened'));
        return;
      }
      this.#handOver();
    }
    await this.#events.serve(request);
    // The next one waits until the answer has left: a client that asks and does not read would fill our memory with answers.
    if (this.socket.writableLength > 0) await allSent(this.socket);
    this.#request = undefined;
    // A tunnel has ended, or the client is gone.
    if (this.socket.destroyed) return;
    if (request.last || !request.complete || this.#events.closing()) {
      this.closeLingering();
      return;
    }
    this.#restingSince = performance.now();
    this.#deadline.startRest();
    this.readOn();
    if (this.#ended && this.#request === undefined) this.#endBetween();
  }

  /** Everything that comes is for the tunnel, which there may be. It waits in the socket until then, and so does the client's end. */
  #handOver(): void {
    this.#stopReading();
    this.socket.pause();
    const early = this.#received.takeAll();
    if (early.length > 0) this.socket.unshift(early);
  }

  /** The client has finished sending, and every request has been answered. */
  #endBetween(): void {
    if (this.#done) return;
    if (this.#received.bytes.length > 0) this.#fail(new Failure('bad-request', 'the request head ended too early'));
    else this.closeLingering();
  }

  #closeIdle(reason: string): void {
    this.#stopReading();
    this.#events.onIdle(this, reason);
    this.socket.destroy();
  }

  #fail(failure: Failure): void {
    this.socket.end(formatFailurePage(failure, true));
    this.#events.onFailure(this, failure);
    this.closeLingering();
  }

  #stopReading(): void {
    this.#done = true;
    this.#deadline.stop();
    this.socket.off('data', this.#onData);
    this.socket.off('end', this.#onEnd);
  }
}

/** The first half of an empty line: not the begin of a head yet. */
function isHalfLine(bytes: Buffer): boolean {
  return bytes.length === 1 && bytes[0] === 13;
}
