import type { Socket } from 'node:net';
import { type BodyReader, framingOf, openBodyReader } from '../http/body-reader.ts';
import type { BodySink } from '../http/body-sink.ts';
import { valuesOf } from '../http/fields.ts';
import { HeadReader } from '../http/head-reader.ts';
import { HttpError } from '../http/http-error.ts';
import { findResponseHeadFault, isBodiless, isPersistent, parseResponseHead, type ResponseHead } from '../http/response-head.ts';
import { releaseRead } from '../net/frugal-reads.ts';
import { GatheredWrites } from '../net/gathered-writes.ts';
import type { AllowedAddress } from './decide.ts';
import { Failure } from './failure.ts';

/** Bytes of a response head, and of all informational responses to a request. */
export const maxResponseHead = 64 * 1024;

/** For how long a connection is kept for another request, unless the destination names a shorter time. In milliseconds. */
const keepTimeout = 4_000;

/** One for all: an empty view would keep the bytes alive that it is a view of. */
const nothing = Buffer.alloc(0);

/** Takes the response to a request, and its body. `onError` is told instead of anything that is missing. */
export interface ResponseSink extends BodySink {
  /** Informational responses first, then the one that has a body, be it empty. */
  onHead(head: ResponseHead): void;
  /** 101, with what came behind it. The connection is the sink's from now on, and not read any more. */
  onSwitch(head: ResponseHead, behind: Buffer): void;
}

/** The connection was closed before a byte of the response had come. */
export class ClosedEarlyError extends Error {
  override readonly name = 'ClosedEarlyError';
}

/** A connection to a destination, which carries one request at a time. Whoever has taken it gives it back to its pool, or destroys its socket. */
export class UpstreamConnection {
  readonly socket: Socket;
  readonly port: number;
  /** The address, and the rule that allowed it to the request being served. */
  allowed: AllowedAddress;
  /** It has served a request before, so the destination may be closing it just now. */
  reused = false;
  /** What is to be sent. */
  readonly writes: GatheredWrites;
  readonly #responseTimeout: number;
  readonly #heads = new HeadReader(maxResponseHead);
  #rest: Buffer = nothing;
  #sink: ResponseSink | undefined;
  #method = '';
  #body: BodyReader | undefined;
  #delimited = true;
  #keep: number | undefined;
  /** Nothing of the response has come. */
  #silent = true;

  /** @param responseTimeout without a byte of the response, in milliseconds */
  constructor(socket: Socket, allowed: AllowedAddress, port: number, responseTimeout: number) {
    this.socket = socket;
    this.allowed = allowed;
    this.port = port;
    this.writes = new GatheredWrites(socket);
    this.#responseTimeout = responseTimeout;
    socket.on('data', this.#onData);
    socket.on('end', this.#onEnd);
    socket.on('error', (error) => this.#fail(error));
    socket.on('close', () => this.#fail(new Error('the connection was closed')));
    socket.on('timeout', this.#onTimeout);
  }

  /** Expects the response to a request that is about to be sent. */
  expect(method: string, sink: ResponseSink): void {
    this.#method = method;
    this.#sink = sink;
    this.#keep = undefined;
    this.#silent = true;
    this.socket.setTimeout(this.#responseTimeout);
  }

  /** For how long it may wait for another request, in milliseconds; undefined = not at all, as when bytes of the last one have not left. */
  get keep(): number | undefined {
    const { writable, writableLength, readableEnded } = this.socket;
    return this.#sink === undefined && this.#rest.length === 0 && writable && writableLength === 0 && !readableEnded
      ? this.#keep
      : undefined;
  }

  readonly #onData = (chunk: Buffer) => {
    // Nobody has asked for anything.
    if (this.#sink === undefined) {
      this.socket.destroy();
      return;
    }
    this.#silent = false;
    const read = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    this.#rest = read;
    try {
      if (this.#read(this.#sink) && this.#rest.length === 0) releaseRead(read);
    } catch (error) {
      this.#fail(error instanceof Error ? error : new Error(String(error)));
    }
  };

  /** Returns whether the sink keeps nothing of what was read. */
  #read(sink: ResponseSink): boolean {
    while (this.#rest.length > 0 && this.#sink !== undefined) {
      if (this.#body === undefined) {
        const found = this.#heads.find(this.#rest);
        if (found === undefined) {
          refuseOther(this.#rest);
          break;
        }
        this.#rest = this.#rest.subarray(found.end);
        this.#takeHead(parseResponseHead(found.text), sink);
      } else {
        this.#rest = this.#rest.subarray(this.#body.read(this.#rest, (data) => sink.onData(data)));
      }
      if (this.#body?.ended) this.#finish(sink);
    }
    if (this.#rest.length === 0) this.#rest = nothing;
    return sink.onRead();
  }

  #takeHead(head: ResponseHead, sink: ResponseSink): void {
    const fault = findResponseHeadFault(head);
    if (fault !== undefined) throw new Failure('bad-response', fault);
    if (head.status === 101) {
      this.#sink = undefined;
      this.#release();
      sink.onSwitch(head, this.#rest);
      return;
    }
    sink.onHead(head);
    if (head.status < 200) return;
    const framing = isBodiless(this.#method, head.status) ? 0 : framingOf(head.fields);
    this.#delimited = framing !== 'undelimited';
    // Some servers send a body after HEAD all the same, which would be the start of the next response.
    this.#keep = this.#delimited && this.#method !== 'HEAD' && isPersistent(head) ? keepOf(head) : undefined;
    this.#body = openBodyReader(framing);
  }

  #finish(sink: ResponseSink): void {
    const trailers = this.#body?.trailers ?? [];
    this.#body = undefined;
    this.#sink = undefined;
    sink.onEnd(trailers);
  }

  readonly #onEnd = () => {
    const sink = this.#sink;
    if (sink !== undefined && this.#body !== undefined && !this.#delimited) {
      this.#finish(sink);
      sink.onRead();
    }
    this.#fail(new Error('the destination closed the connection'));
    this.socket.destroy();
  };

  readonly #onTimeout = () => {
    // While the client does not read, the destination cannot send.
    if (this.#sink !== undefined && this.socket.isPaused()) this.socket.setTimeout(this.#responseTimeout);
    else {
      this.#fail(new Failure('slow-response', 'the destination does not answer'));
      this.socket.destroy();
    }
  };

  #fail(error: Error): void {
    const sink = this.#sink;
    if (sink === undefined) return;
    const isEarly = this.#silent && !(error instanceof Failure);
    this.#sink = undefined;
    this.#body = undefined;
    this.socket.destroy();
    sink.onError(isEarly ? new ClosedEarlyError(error.message, { cause: error }) : error);
  }

  /** What comes from now on is for others. */
  #release(): void {
    this.socket.off('data', this.#onData);
    this.socket.off('end', this.#onEnd);
    this.socket.off('timeout', this.#onTimeout);
    this.socket.setTimeout(0);
    this.socket.pause();
  }
}

/** Some protocols greet, and then wait: no head would ever end. */
function refuseOther(bytes: Buffer): void {
  if (!'HTTP/'.startsWith(bytes.toString('latin1', 0, 5))) throw new HttpError('it does not begin with a status line');
}

/** By the Keep-Alive field, of which a second is for the way. */
function keepOf({ fields }: ResponseHead): number | undefined {
  const [seconds] = valuesOf(fields, 'keep-alive').flatMap((value) => /timeout=(\d+)/i.exec(value)?.slice(1) ?? []);
  const keep = seconds === undefined ? keepTimeout : Math.min(keepTimeout, Number(seconds) * 1_000 - 1_000);
  return keep > 0 ? keep : undefined;
}
